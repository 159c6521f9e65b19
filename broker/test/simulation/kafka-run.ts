/** A broker on a simulated disk and its Kafka clients; after each start the book compares what it has with what they know. */
import assert from 'node:assert/strict'
import { STREAM_DEFAULTS } from '../../src/broker/stream-settings.ts'
import { ofDefaults } from '../../src/broker/topic/new-topic.ts'
import { KafkaContext } from '../../src/kafka/context.ts'
import { HANDLERS } from '../../src/kafka/handlers.ts'
import { KafkaSession } from '../../src/kafka/session.ts'
import { nextOffset } from '../../src/record/batch.ts'
import { fetch } from '../../src/wire/kafka/messages/fetch.ts'
import type { DecodedResponse } from '../../src/wire/kafka/schema.ts'
import { Peer, type World } from '../kafka/world.ts'
import type { Visible } from '../log/partition/compacted-log.ts'
import { BrokerMachine, type MachineOptions } from './broker-machine.ts'
import { type FoundOffset, KafkaBook } from './kafka-book.ts'
import { askOffsets, batchesIn, fetchRequest, READ_COMMITTED, recordsIn } from './kafka-consumer.ts'
import { Line } from './kafka-line.ts'
import type { FoundPartition, PartitionBook } from './kafka-partition-book.ts'
import { groupOf } from './kafka-transactional.ts'

const NODE_ID = 1
const SEGMENT_BYTES = 20_000
const TURNS_MAX = 5000
const STREAMS = { ...STREAM_DEFAULTS, groupInitialRebalanceDelayMs: 0 }
const SETTINGS = {
  nodeId: NODE_ID,
  socketRequestMaxBytes: 100 << 20,
  connectionsMaxIdleMs: 600_000,
  anonymous: 'guest',
  dataDir: null,
  streams: STREAMS,
}
const LISTENER = { name: 'test', advertised: null, sasl: false }
const ADDRESS = { address: '127.0.0.1', port: 1, localAddress: '127.0.0.1', localPort: 9092, loopback: true, tls: null }

export class KafkaRun extends BrokerMachine<Peer> {
  readonly book = new KafkaBook()
  crashes = 0
  powerLosses = 0
  /** Time went by for so long that transactions ended by it. */
  passedLong = false
  private kafka!: KafkaContext

  constructor(options: MachineOptions) {
    super({ ...options, streams: STREAMS })
  }

  protected opened(): void {
    const { topics } = this.broker.vhost('/').streams
    for (const [name, partitions] of this.book.topics) {
      if (topics.get(name) !== undefined) continue
      const configs = [
        { name: 'durability', value: name },
        { name: 'internal.segment.bytes', value: String(SEGMENT_BYTES) },
      ]
      topics.create(topics.check({ ...ofDefaults(name), partitions, configs }, NODE_ID))
    }
    this.kafka = new KafkaContext(this.broker, SETTINGS, HANDLERS)
  }

  protected crashed(kind: 'power' | 'kill'): void {
    this.crashes += 1
    if (kind === 'power') this.powerLosses += 1
    this.book.crashed(kind)
  }

  protected stopped(): void {
    this.crashes += 1
  }

  connect(): Line {
    const world = { peers: this.peers, turn: this.turn } as unknown as World
    const peer = new Peer(world, ADDRESS)
    this.peers.add(peer)
    peer.session = new KafkaSession(this.kafka, peer, LISTENER)
    return new Line(peer)
  }

  /** Time goes by, with everything that is due in it. */
  async pass(ms: number, stepMs = 500): Promise<void> {
    for (let passed = 0; passed < ms && !this.isOff; passed += stepMs) {
      this.clock.advance(stepMs)
      await this.settle()
    }
  }

  /** Of what the broker has, without anybody else at work. @param isStable nothing is open any more */
  async judge(transactionalIds: readonly string[], groups: readonly string[], isStable = false): Promise<void> {
    const { book } = this
    await this.allCarriedOut()
    const line = this.connect()
    const found = new Map<PartitionBook, FoundPartition>()
    for (const partition of book.partitions) {
      const uncommitted = await this.readAll(line, partition, 0)
      const committed = await this.readAll(line, partition, READ_COMMITTED)
      found.set(partition, { ...uncommitted, uncommitted: uncommitted.records, committed: committed.records })
      if (!isStable) continue
      const { lastStableOffset, highWatermark } = committed
      assert.equal(lastStableOffset, highWatermark, `${partition}: a transaction stays open`)
    }
    book.judge(found)
    for (const id of transactionalIds) book.judgeTransactional(groupOf(id), id, await this.offsetsOf(line, groupOf(id)))
    for (const group of groups) {
      const offsets = await this.offsetsOf(line, group)
      for (const partition of book.partitions) book.judgeCommits(group, partition, offsets.get(partition) ?? null)
    }
    book.judgeTransactions()
    line.cut()
  }

  /** What was decided of transactions is done. */
  private async allCarriedOut(): Promise<void> {
    const { transactions } = this.broker.vhost('/').streams
    for (let left = 20; ; left--) {
      await this.durable()
      const ending = [...transactions.all()].filter((one) => one.isEnding).map((one) => one.transactionalId)
      if (ending.length === 0) break
      assert.ok(left > 0, `the transactions of ${ending} never end`)
    }
    await this.durable()
  }

  private async readAll(line: Line, partition: PartitionBook, isolation: number) {
    const all: Visible[] = []
    for (let offset = 0; ; ) {
      const { responses } = await this.answered<DecodedResponse<typeof fetch>>(line, (heard) =>
        line.ask(fetch, 11, fetchRequest(isolation, [[partition, offset]]), heard),
      )
      const [answer] = responses[0].partitions
      const { highWatermark, lastStableOffset, logStartOffset: start } = answer
      if (offset < start) {
        offset = start
        continue
      }
      assert.equal(answer.errorCode, 0, `${partition} from ${offset} on`)
      all.push(...recordsIn(answer, isolation, offset))
      const limit = isolation === READ_COMMITTED ? lastStableOffset : highWatermark
      const last = batchesIn(answer.records).at(-1)
      if (offset >= limit) return { start, highWatermark, lastStableOffset, records: all }
      assert.ok(last !== undefined, `${partition}: nothing is to be read at ${offset} of ${limit}`)
      offset = nextOffset(last, 0)
    }
  }

  private offsetsOf(line: Line, group: string): Promise<ReadonlyMap<PartitionBook, FoundOffset>> {
    return this.answered(line, (heard) => askOffsets(line, this.book, group, heard))
  }

  private async answered<T>(line: Line, ask: (heard: (answer: T) => void) => void): Promise<T> {
    let answer: { value: T } | null = null
    ask((value) => {
      answer = { value }
    })
    for (let left = TURNS_MAX; answer === null; left--) {
      assert.ok(left > 0, 'an answer never comes')
      await this.turns(1)
      line.hear()
    }
    return (answer as { value: T }).value
  }
}
