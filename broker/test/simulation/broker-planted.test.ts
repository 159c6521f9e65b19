/** Bugs put into the broker's own steps, each of which the random histories must find. */
import { DeadLetters } from '../../src/broker/dead-letters.ts'
import { SeenWindow } from '../../src/broker/dedup/seen-window.ts'
import { DueLane } from '../../src/broker/delay/due-lane.ts'
import { Policies } from '../../src/broker/policy/policies.ts'
import { Returns } from '../../src/log/returns.ts'
import { liveThroughBroker } from './broker-life.ts'
import { type Bug, replace, testFound } from './planted-bugs.ts'

const BUGS: readonly Bug[] = [
  ['a dead letter settled before its copy is durable', settleBeforeCopy, /confirmed and is lost/],
  ['a delayed message due during downtime forgotten', forgetOverdue, /never delivered/],
  ['returns not journaled', () => replace(Returns.prototype, 'stage', () => {}), /came back 0 times|before it was to/],
  ['policies forgotten at a start', () => replace(Policies.prototype, 'restore', () => {}), /the policy of ruled is/],
  ['keys forgotten at a start', () => replace(SeenWindow.prototype, 'restore', async () => {}), /was admitted after/],
]

testFound(BUGS, liveThroughBroker)

/** As if there were nothing to wait for. */
function settleBeforeCopy(): void {
  const { send } = DeadLetters.prototype
  replace(DeadLetters.prototype, 'send', function (this: DeadLetters, ...given: Parameters<typeof send>) {
    return Math.min(0, send.apply(this, given))
  })
}

/** What is found at a start counts as delivered if its bucket is over. */
function forgetOverdue(): void {
  const { restore } = DueLane.prototype
  replace(DueLane.prototype, 'restore', function (this: DueLane, ...[log, level, start]: Parameters<typeof restore>) {
    const { clock } = Reflect.get(this, 'context') as { clock: { now(): number } }
    if (start + 4096 > clock.now()) restore.call(this, log, level, start)
  })
}
