/** Bugs put into the way from a tick to its queues, each of which the random histories must find. */
import { mock } from 'node:test'
import { Route } from '../../src/broker/queue/route.ts'
import { ScheduleExchange } from '../../src/broker/routing/schedule-exchange.ts'
import { Schedule } from '../../src/broker/schedule/schedule.ts'
import { FileCursor } from '../../src/log/cursor.ts'
import { Sources } from '../../src/log/sources.ts'
import { type Bug, testFound } from './planted-bugs.ts'
import { changeUntilCut } from './schedule-cut.ts'
import { liveThroughSchedules } from './schedule-life.ts'

type AppendFrom = Parameters<Route['appendFrom']>

const BUGS: readonly Bug[] = [
  ['the cursor in a round behind the copies', moveLast, /comes twice/],
  ['the cursor in a round before the copies', moveFirst, /never comes|comes twice/],
  ['the cursor in a section of its own', moveApart, /comes twice|never comes/],
  ['a tick left in some shards', leaveBegun, /different ticks|never comes/],
  ['a start that passes over what was missed', passOver, /never comes/],
  [
    'a new definition that makes up for what was before it',
    forgetWhen,
    /of the time before it|one before it never comes/,
  ],
  [
    'ticks of a definition that is not durable',
    holdNothing,
    /which never was|is none of it|different ticks|never comes/,
  ],
]

/** A crash between shards, in the one round that has both: chance seldom brings it about. */
const BUG_OF_ROUNDS: Bug = [
  'a new definition that completes the tick of the old one',
  forgetOld,
  /comes after that took over|is none of it|different ticks/,
]

testFound(BUGS, liveThroughSchedules)
testFound([BUG_OF_ROUNDS], (seed) => changeUntilCut(seed, 3))

/** What was published counts once it is durable. */
function moveLast(): void {
  moveApart()
  const { move } = Sources.prototype
  const later = afterRound()
  mock.method(Sources.prototype, 'move', function (this: Sources, ...given: Parameters<Sources['move']>) {
    later(this, () => move.apply(this, given))
  })
}

/** What is to be published counts, and is published when that is durable. */
function moveFirst(): void {
  const later = afterRound()
  mock.method(Route.prototype, 'appendFrom', function (this: Route, engine: AppendFrom[0], ...given: unknown[]) {
    const sources = Reflect.get(engine, 'sources') as Sources
    const draft = given[2] as AppendFrom[3]
    later(sources, () => this.append(engine, draft))
  })
}

function moveApart(): void {
  mock.method(Route.prototype, 'appendFrom', function (this: Route, ...given: AppendFrom) {
    this.append(given[0], given[3])
  })
}

/** Nobody completes it. */
function leaveBegun(): void {
  mock.getter(FileCursor.prototype, 'furthest', function (this: FileCursor) {
    return this.next
  })
}

function passOver(): void {
  const { open } = Schedule.prototype
  mock.method(Schedule.prototype, 'open', function (this: Schedule) {
    const inside = this as unknown as { context: { clock: { now(): number } }; exchange: { plan: { ticks: Ticks } } }
    this.nextAt = inside.exchange.plan.ticks.from(inside.context.clock.now())
    open.call(this)
  })
}

/** When it was defined is not kept. */
function forgetWhen(): void {
  keptAs((definition) => ({ ...definition, changed: { ...definition.changed, from: 0 } }))
}

/** What the tick in flight publishes is not kept. */
function forgetOld(): void {
  keptAs(({ changed, ...others }) => ({
    ...others,
    changed: changed && { from: changed.from, lastAt: changed.lastAt },
  }))
}

function keptAs(edit: (definition: ScheduleExchange['definition']) => unknown): void {
  const { get } = Object.getOwnPropertyDescriptor(ScheduleExchange.prototype, 'definition')!
  mock.getter(ScheduleExchange.prototype, 'definition', function (this: ScheduleExchange) {
    return edit(get!.call(this)) as ScheduleExchange['definition']
  })
}

function holdNothing(): void {
  mock.method(Schedule.prototype, 'redefined', function (this: Schedule) {
    ;(Reflect.get(this, 'proceed') as () => void)()
  })
}

interface Ticks {
  from(ms: number): number
}

/** @returns what defers a task until another round of the engine is durable */
function afterRound(): (sources: Sources, task: () => void) => void {
  let waiting: { sources: Sources; task: () => void }[] = []
  const { durable } = Sources.prototype
  mock.method(Sources.prototype, 'durable', function (this: Sources) {
    durable.call(this)
    const due = waiting.filter(({ sources }) => sources === this)
    waiting = waiting.filter(({ sources }) => sources !== this)
    for (const { task } of due) task()
  })
  return (sources, task) => void waiting.push({ sources, task })
}
