/** Bugs put into queues over topics, each of which the random histories must find. */
import { mock } from 'node:test'
import { Lane } from '../../src/broker/queue/lane.ts'
import { Partition } from '../../src/broker/topic/partition.ts'
import { Source } from '../../src/broker/topic/source.ts'
import { SourceKept } from '../../src/broker/topic/source-kept.ts'
import { SourceLog } from '../../src/broker/topic/source-log.ts'
import { SourceQueues } from '../../src/broker/topic/source-queues.ts'
import { FileSourceLedger } from '../../src/log/source-ledger.ts'
import { type Bug, replace, testFound } from './planted-bugs.ts'
import { liveThroughSources } from './source-life.ts'

const BUGS: readonly Bug[] = [
  [
    'aborted records given out',
    () => replace(Partition.prototype, 'abortedTransactions', () => []),
    /is not committed/,
  ],
  ['records given out before they are committed', giveOutOpen, /is not committed/],
  ['settles that are not kept', forgetSettles, /comes after it was acknowledged/],
  ['returns that are not kept', forgetReturns, /came back more often than/],
  [
    'no mark of what was handed out',
    () => replace(FileSourceLedger.prototype, 'maybeDelivered', () => false),
    /is not flagged/,
  ],
  [
    'records handed out before their mark is durable',
    () => replace(FileSourceLedger.prototype, 'mayDeliver', () => true),
    /is not flagged/,
  ],
  ['ledgers that begin anew at a start', forgetLedgers, /comes after it was acknowledged|never comes|is not flagged/],
  ['what is in hand not kept when it is removed', () => replace(SourceLog.prototype, 'keep', () => {}), /never comes/],
  [
    'what was kept given out as lost',
    () => replace(SourceKept.prototype, 'get', () => null),
    /never comes|has -\d+ messages/,
  ],
  ['what was removed still given out', giveOutRemoved, /comes after it was removed/],
  [
    'what came back forgotten',
    () =>
      replace(Lane.prototype, 'giveBack', function (this: Lane) {
        this.taken--
      } as never),
    /never/,
  ],
]

testFound(BUGS, liveThroughSources)

function giveOutOpen(): void {
  replace(Partition.prototype, 'limit', function (this: Partition) {
    return this.log.highWatermark
  } as never)
}

/** They are in memory only. */
function forgetSettles(): void {
  replace(FileSourceLedger.prototype, 'settle', function (this: FileSourceLedger, offset: number) {
    this.ledger.settle(offset)
  } as never)
}

/** What was read before is handed out after. */
function giveOutRemoved(): void {
  mock.method(Source.prototype, 'lose' as never, () => {})
  replace(SourceLog.prototype, 'forgetRead', () => {})
}

function forgetReturns(): void {
  const { setReturns } = FileSourceLedger.prototype
  replace(FileSourceLedger.prototype, 'setReturns', function (
    this: FileSourceLedger,
    ...given: Parameters<typeof setReturns>
  ) {
    const { shard } = this as never as { shard: { markDirty(): void } }
    const before = shard.markDirty
    shard.markDirty = () => {}
    setReturns.apply(this, given)
    shard.markDirty = before
    this.returned?.takeStaged()
  } as never)
}

function forgetLedgers(): void {
  const { restore } = SourceQueues.prototype
  mock.method(SourceQueues.prototype, 'restore', function (this: SourceQueues, ...given: Parameters<typeof restore>) {
    const { engine } = Reflect.get(this, 'context')
    for (const ledger of [...engine.ledgers.values()]) engine.deleteLedger(ledger)
    restore.apply(this, given)
  })
}
