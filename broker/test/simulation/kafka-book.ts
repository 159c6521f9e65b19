/** What Kafka clients were told by a broker that stops and starts, and the judgement of what it has after each start. */
import assert from 'node:assert/strict'
import type { FoundPartition } from './kafka-partition-book.ts'
import { PartitionBook } from './kafka-partition-book.ts'
import { TransactionBook } from './kafka-transaction-book.ts'

interface CommittedOffset {
  /** Unique: which of the commits it is. */
  readonly metadata: string
  readonly offset: number
  isAnswered: boolean
}

export interface FoundOffset {
  readonly offset: number
  readonly metadata: string
}

const TOPICS = [
  ['synced', 3],
  ['written', 2],
] as const

export class KafkaBook {
  readonly partitions: PartitionBook[] = []
  /** By transactional id, oldest first. */
  readonly transactions = new Map<string, TransactionBook[]>()
  /** By group and partition, oldest first. */
  readonly commits = new Map<string, Map<PartitionBook, CommittedOffset[]>>()

  private visible: ReadonlySet<string> = new Set()

  constructor() {
    for (const [topic, count] of TOPICS) {
      for (let index = 0; index < count; index++) this.partitions.push(new PartitionBook(topic, index, topic))
    }
  }

  get topics(): typeof TOPICS {
    return TOPICS
  }

  begin(transactionalId: string, isOwned: boolean, now: number): TransactionBook {
    let list = this.transactions.get(transactionalId)
    if (list === undefined) this.transactions.set(transactionalId, (list = []))
    const transaction = new TransactionBook(`${transactionalId}.${list.length}`, isOwned, now)
    list.push(transaction)
    return transaction
  }

  *allTransactions(): Iterable<TransactionBook> {
    for (const list of this.transactions.values()) yield* list
  }

  commit(group: string, partition: PartitionBook, commit: CommittedOffset): void {
    let byPartition = this.commits.get(group)
    if (byPartition === undefined) this.commits.set(group, (byPartition = new Map()))
    byPartition.set(partition, [...(byPartition.get(partition) ?? []), commit])
  }

  crashed(kind: 'power' | 'kill'): void {
    for (const partition of this.partitions) partition.crashed(kind)
    if (kind === 'power') for (const one of this.allTransactions()) one.mayHaveLost = true
  }

  /** After a start, when everything is done that was decided before. */
  judge(found: ReadonlyMap<PartitionBook, FoundPartition>): void {
    const visible = new Set<string>()
    for (const [partition, one] of found) {
      for (const { value } of one.committed) visible.add(value!)
      partition.judge(one)
    }
    this.visible = visible
    this.judgeTransactions()
  }

  /** Once more when offsets have told of some that they are committed. */
  judgeTransactions(): void {
    for (const one of this.allTransactions()) one.judge(this.visible)
  }

  /** What a group has committed there. */
  judgeCommits(group: string, partition: PartitionBook, found: FoundOffset | null): void {
    const commits = this.commits.get(group)?.get(partition) ?? []
    const at = found === null ? -1 : commits.findIndex((one) => one.metadata === found.metadata)
    const name = `${group} in ${partition}`
    if (found !== null) {
      assert.ok(at >= 0, `${name}: a commit that nobody made, or that is over: ${found.metadata}`)
      this.judgeOffset(name, partition, commits[at].offset, found.offset)
    }
    for (const { metadata, isAnswered } of commits.slice(at + 1)) {
      assert.ok(!isAnswered, `${name}: ${metadata} was committed, and is lost: found ${found?.metadata}`)
    }
    const kept = commits.slice(Math.max(0, at), at + 1).map((one) => ({ ...one, offset: found!.offset }))
    this.commits.get(group)?.set(partition, kept)
  }

  /** What a group has committed in the transactions of its one producer. */
  judgeTransactional(group: string, transactionalId: string, found: ReadonlyMap<PartitionBook, FoundOffset>): void {
    const list = (this.transactions.get(transactionalId) ?? []).filter((one) => one.offset !== null)
    for (const partition of this.partitions) {
      const one = found.get(partition)
      const all = list.filter(({ offset }) => offset!.partition === partition)
      const at = one === undefined ? -1 : all.findIndex(({ name }) => name === one.metadata)
      if (one !== undefined) {
        assert.ok(at >= 0, `${group}: nobody staged ${one.metadata}`)
        all[at].foundOffset()
        this.judgeOffset(group, partition, all[at].offset!.offset, one.offset)
      }
      for (const { state, name } of all.slice(at + 1)) {
        assert.notEqual(state, 'committed', `the offset of ${name} in ${partition}, found that of ${one?.metadata}`)
      }
    }
  }

  /** What the power took from a `written` topic, its groups do not have consumed. */
  private judgeOffset(name: string, partition: PartitionBook, committed: number, found: number): void {
    const { highWatermark, durability } = partition
    assert.ok(found <= highWatermark, `${name}: the offset ${found} lies beyond the log end ${highWatermark}`)
    if (durability === 'synced') assert.equal(found, committed, `${name}: another offset was committed`)
    else assert.ok(found <= committed, `${name}: the offset ${found} is beyond the committed ${committed}`)
  }
}
