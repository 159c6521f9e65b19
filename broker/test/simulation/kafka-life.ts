/** A whole random history of a broker with Kafka clients from one seed: work, ends of every kind, and the judgement. */
import assert from 'node:assert/strict'
import type { Faults } from '../../src/log/faults.ts'
import { deleteRecords } from '../../src/wire/kafka/messages/delete-records.ts'
import { sizesOf, told } from './history.ts'
import { Consumer, READ_COMMITTED } from './kafka-consumer.ts'
import { KafkaClient } from './kafka-line.ts'
import { IdempotentProducer, PlainProducer } from './kafka-producers.ts'
import { KafkaRun } from './kafka-run.ts'
import { TRANSACTION_TIMEOUT_MS } from './kafka-transaction-book.ts'
import { TransactionalProducer } from './kafka-transactional.ts'

const GENERATIONS = 4
const STEPS_MAX = 150
const DOWN_MS = [0, 0, 50, 2000, 20_000, TRANSACTION_TIMEOUT_MS + 2000]
const INIT_STEPS_MAX = 20
const TRANSACTIONAL_IDS = ['older', 'newer', 'newest']
const GROUPS = ['alone', 'classic', 'modern']

/** @throws with the seed in its message */
export async function liveThroughKafka(seed: number, faults: Faults = {}): Promise<void> {
  const run = new KafkaRun({ ...sizesOf(seed), faults })
  const life = new KafkaLife(run)
  await told({ name: 'kafka', seed, ends: life.ends, trace: () => run.disk.trace }, async () => {
    await run.open()
    for (let generation = 0; generation < GENERATIONS; generation++) await life.generation()
    await life.finish()
  })
}

/** Deletes records that somebody has seen. */
class Administrator extends KafkaClient {
  private readonly run: KafkaRun

  constructor(run: KafkaRun) {
    super()
    this.run = run
  }

  act(): void {
    const { random, book } = this.run
    const partition = random.pick(book.partitions)
    const { topic: name, index: partitionIndex, highWatermark, startAsked } = partition
    if (highWatermark <= startAsked) return
    const offset = startAsked + random.below(Math.ceil((highWatermark - startAsked) / 3)) + 1
    partition.startAsked = offset
    const topics = [{ name, partitions: [{ partitionIndex, offset }] }]
    this.line.ask(deleteRecords, 2, { topics, timeoutMs: 1000 }, (answer) => {
      assert.equal(answer.topics[0].partitions[0].errorCode, 0)
      partition.startAnswered = Math.max(partition.startAnswered, offset)
    })
  }

  protected resumed(): void {}
}

class KafkaLife {
  readonly ends: string[] = []
  private readonly run: KafkaRun
  private readonly producers: KafkaClient[]
  private readonly transactional: TransactionalProducer[]
  private readonly zombies: TransactionalProducer[] = []
  private readonly consumers: Consumer[]
  private readonly administrator: Administrator
  private incarnations = 0

  constructor(run: KafkaRun) {
    this.run = run
    this.producers = [
      new PlainProducer(run, 'plain'),
      new IdempotentProducer(run, 'once'),
      new IdempotentProducer(run, 'twice'),
    ]
    this.transactional = TRANSACTIONAL_IDS.map((id) => new TransactionalProducer(run, id, id !== 'older'))
    this.consumers = [
      new Consumer(run, 'alone', 'none', READ_COMMITTED),
      new Consumer(run, 'classic', 'classic', 0),
      new Consumer(run, 'modern', 'consumer', READ_COMMITTED),
    ]
    this.administrator = new Administrator(run)
  }

  private get clients(): KafkaClient[] {
    return [...this.producers, ...this.transactional, ...this.zombies, ...this.consumers, this.administrator]
  }

  async generation(): Promise<void> {
    const { run } = this
    const { random } = run
    const end = random.pick(['cut', 'cut', 'now', 'now', 'kill', 'restart'] as const)
    const downMs = random.pick(DOWN_MS)
    this.ends.push(`${end} (${downMs} ms down)`)
    for (const client of this.clients) client.connect(run.connect())
    if (end === 'cut') run.disk.powerOffAfter(random.below(200))
    for (let left = 30 + random.below(STEPS_MAX); left > 0 && !run.isOff; left--) await this.act()
    if (end !== 'restart') await this.burst()
    if (downMs > TRANSACTION_TIMEOUT_MS) run.passedLong = true
    if (end === 'restart' && !run.isOff) await run.restart(downMs)
    else {
      const cutStart = random.chance(1, 4) ? random.below(20) : undefined
      await run.crash(end === 'kill' && !run.isOff ? 'kill' : 'power', downMs, cutStart)
    }
    await run.judge(TRANSACTIONAL_IDS, GROUPS)
  }

  private async act(): Promise<void> {
    const { run } = this
    const { random } = run
    const draw = random.below(100)
    if (draw < 22) random.pick(this.producers).act()
    else if (draw < 50) random.pick(this.transactional).act()
    else if (draw < 62) random.pick(this.consumers).act()
    else if (draw < 67) this.breakLine()
    else if (draw < 69) this.replace()
    else if (draw < 73) this.haunt()
    else if (draw < 75) this.administrator.act()
    else if (draw < 80) run.clock.advance(random.below(120))
    else if (draw < 84) await run.durable()
    else await run.turns(random.below(12))
    if (!run.isOff) for (const client of this.clients) client.hear()
  }

  /** Requests and repetitions close together, so that an end falls between the writes of a round. */
  private async burst(): Promise<void> {
    const { run } = this
    const { random } = run
    for (let left = random.below(4); left > 0 && !run.isOff; left--) {
      const some = random.chance(1, 2) ? this.producers : random.chance(1, 2) ? this.transactional : this.consumers
      const client = random.pick<KafkaClient>(some)
      for (let count = 1 + random.below(3); count > 0; count--) client.act()
      await run.turns(1 + random.below(2))
      if (random.chance(1, 2)) client.cut(run.connect())
      await run.turns(1 + random.below(3))
      if (!run.isOff) for (const one of this.clients) one.hear()
    }
  }

  private breakLine(): void {
    const client = this.run.random.pick(this.clients)
    client.cut(this.run.connect())
  }

  private replace(): void {
    const { run } = this
    const at = run.random.below(this.transactional.length)
    const before = this.transactional[at]
    if (!before.isIdentified) return
    const successor = before.successor(++this.incarnations)
    successor.connect(run.connect())
    this.transactional[at] = successor
    this.zombies.push(before)
  }

  private haunt(): void {
    const zombies = this.zombies.filter((one) => one.isZombie)
    if (zombies.length > 0) this.run.random.pick(zombies).haunt()
  }

  /** Nobody is left: what is open ends by its time, and every id can be had again. */
  async finish(): Promise<void> {
    const { run } = this
    run.passedLong = true
    await run.pass(TRANSACTION_TIMEOUT_MS + 2000, 2000)
    await run.judge(TRANSACTIONAL_IDS, GROUPS, true)
    for (const producer of this.transactional) {
      const successor = producer.successor(++this.incarnations)
      successor.connect(run.connect())
      for (let left = INIT_STEPS_MAX; !successor.isIdentified; left--) {
        assert.ok(left > 0, `nobody can have ${producer.transactionalId}`)
        successor.act()
        await run.durable()
        successor.hear()
      }
    }
    await run.judge(TRANSACTIONAL_IDS, GROUPS, true)
    await run.restart(0)
    await run.judge(TRANSACTIONAL_IDS, GROUPS, true)
  }
}
