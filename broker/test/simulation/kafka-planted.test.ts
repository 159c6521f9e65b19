/** Bugs put into the broker's steps for Kafka clients, each of which the random histories must find. */
import { GroupOffsets } from '../../src/broker/group/offsets.ts'
import { Partition } from '../../src/broker/topic/partition.ts'
import { Transaction } from '../../src/broker/transaction/transaction.ts'
import { type Claimed, Transactions } from '../../src/broker/transaction/transactions.ts'
import { FilePartition } from '../../src/log/partition/file-partition.ts'
import { PartitionStore } from '../../src/log/partition/partition-store.ts'
import { Producers } from '../../src/log/partition/producers.ts'
import { liveThroughKafka } from './kafka-life.ts'
import { type Bug, replace, testFound } from './planted-bugs.ts'

const BUGS: readonly Bug[] = [
  ['a duplicate answered before its original is durable', answerDuplicates, /and lost/],
  ['a duplicate appended once more', () => replace(Producers.prototype, 'check', () => null), /comes twice/],
  ['offsets of a group answered before they are durable', forgetRounds, /was committed, and is lost/],
  [
    'offsets of a group beyond the log left there',
    () => replace(GroupOffsets.prototype, 'clip', () => {}),
    /beyond the log end/,
  ],
  ['records shown before they are durable', showEarly, /and lost|another record stands/],
  ['records of an open transaction shown', showOpen, /which is open, is seen|but stable below|records of .* which is/],
  ['records of a replaced producer accepted', believeProducers, /a zombie|which is (open|aborted)/],
  ['the end of a replaced producer accepted', believeEnds, /a zombie|which is (open|aborted)/],
  ['decided transactions forgotten at a start', forgetDecided, /never end|nobody can have|are missing|the offset of/],
  [
    'a clean stop that syncs no topic',
    () => replace(PartitionStore.prototype, 'settleForGood', async () => {}),
    /and lost/,
  ],
  ['transactions that nobody holds left open', leaveOpen, /a transaction stays open/],
]

testFound(BUGS, liveThroughKafka)

/** As if what stands in the log were durable. */
function answerDuplicates(): void {
  const { append } = Partition.prototype
  replace(Partition.prototype, 'append', function (this: Partition, ...given: Parameters<typeof append>) {
    const { endOffset } = this.log
    const appended = append.apply(this, given)
    return this.log.endOffset === endOffset ? { ...appended, endOffset: 0 } : appended
  })
}

/** As if no round held them. */
function forgetRounds(): void {
  const { commit } = GroupOffsets.prototype
  replace(GroupOffsets.prototype, 'commit', function (this: GroupOffsets, ...given: Parameters<typeof commit>) {
    commit.apply(this, given)
    this.lastRound = 0
  })
}

/** As if every round were durable when it is opened. */
function showEarly(): void {
  const { append } = FilePartition.prototype
  replace(FilePartition.prototype, 'append', function (this: FilePartition, ...given: Parameters<typeof append>) {
    const base = append.apply(this, given)
    this.advance(Number.POSITIVE_INFINITY)
    return base
  })
}

function showOpen(): void {
  replace(Producers.prototype, 'firstUnstable', () => Number.POSITIVE_INFINITY)
}

/** Whoever names a transactional id is taken for its producer. */
function believeProducers(): void {
  const { checkProduce } = Transactions.prototype
  type Given = Parameters<typeof checkProduce>
  replace(Transactions.prototype, 'checkProduce', function (
    this: Transactions,
    id,
    producerId,
    epoch,
    ...rest: never[]
  ) {
    const now = this.get(id)
    return checkProduce.call(this, ...([id, producerId, now?.producerEpoch ?? epoch, ...rest] as unknown as Given))
  } as typeof checkProduce)
}

function believeEnds(): void {
  const { end } = Transactions.prototype
  replace(Transactions.prototype, 'end', function (this: Transactions, claimed: Claimed, ...rest: never[]) {
    const now = this.get(claimed.transactionalId)?.identity
    end.call(this, ...([{ ...claimed, ...now }, ...rest] as unknown as Parameters<typeof end>))
  } as typeof end)
}

/** A start takes them for what they will be. */
function forgetDecided(): void {
  const { restore } = Transactions.prototype
  const isEnding = Object.getOwnPropertyDescriptor(Transaction.prototype, 'isEnding')!
  replace(Transactions.prototype, 'restore', function (this: Transactions) {
    Object.defineProperty(Transaction.prototype, 'isEnding', { configurable: true, get: () => false })
    try {
      restore.call(this)
    } finally {
      Object.defineProperty(Transaction.prototype, 'isEnding', isEnding)
    }
  })
}

/** Time ends none of them. */
function leaveOpen(): void {
  replace(Transactions.prototype, 'fence' as never, (() => {}) as never)
}
