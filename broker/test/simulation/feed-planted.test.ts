/** Bugs put into the way from topics to queues, each of which the random histories must find. */
import { mock } from 'node:test'
import { Route } from '../../src/broker/queue/route.ts'
import { Feed } from '../../src/broker/topic/feed.ts'
import { FeedPartition } from '../../src/broker/topic/feed-partition.ts'
import { Feeds } from '../../src/broker/topic/feeds.ts'
import { Partition } from '../../src/broker/topic/partition.ts'
import { liveThroughFeeds } from './feed-life.ts'
import { type Bug, testFound } from './planted-bugs.ts'

const BUGS: readonly Bug[] = [
  ['the cursor in a round before the copy', moveFirst, /never comes/],
  ['the cursor in a round behind the copy', moveLast, /comes twice|comes too late/],
  ['aborted records handed on', handOnAborted, /has no business here/],
  ['records handed on before they are committed', handOnOpen, /has no business here/],
  ['bindings that begin where the cursor stands', beginAtCursor, /has no business here/],
  ['records kept from other topics', keepBack, /copied: .* never comes/],
  ['cursors forgotten at a start', forgetCursors, /comes twice|comes too late|has no business|never comes/],
]

testFound(BUGS, liveThroughFeeds)

/** What a follower has inside. */
interface Inside {
  readonly feed: Feed
  readonly cursor: FeedPartition['cursor']
  readonly next: number
  waiting: boolean
  schedule(): void
}

type Open = (this: Inside, chunk: unknown, limit: number) => void

/** What was read counts as copied once that is durable. */
function moveFirst(): void {
  copyAlone()
  const open = Reflect.get(FeedPartition.prototype, 'open') as Open
  mock.method(
    FeedPartition.prototype,
    'open' as never,
    function (this: Inside, chunk: unknown, limit: number) {
      open.call(this, chunk, limit)
      const { engine, durability } = this.feed.context
      engine.moveCursor(this.cursor, limit)
      this.waiting = true
      durability.after(engine.seal(), () => {
        this.waiting = false
        this.schedule()
      })
    } as never,
  )
}

/** What was copied counts once the copy is durable. */
function moveLast(): void {
  copyAlone()
  mock.method(
    FeedPartition.prototype,
    'passed' as never,
    function (this: Inside) {
      const { feed, cursor, next } = this
      const { engine, durability } = feed.context
      durability.after(engine.seal(), () => engine.moveCursor(cursor, next))
      feed.advanced()
    } as never,
  )
}

function copyAlone(): void {
  mock.method(Route.prototype, 'appendFrom', function (this: Route, ...given: Parameters<Route['appendFrom']>) {
    this.append(given[0], given[3])
  })
}

function handOnAborted(): void {
  mock.method(Partition.prototype, 'abortedTransactions', () => [])
}

function handOnOpen(): void {
  mock.method(Partition.prototype, 'limit', function (this: Partition) {
    return this.log.highWatermark
  })
}

function beginAtCursor(): void {
  const { startsOf } = Feeds.prototype
  mock.method(Feeds.prototype, 'startsOf', function (this: Feeds, ...given: Parameters<typeof startsOf>) {
    const starts = startsOf.apply(this, given)
    if (starts !== null)
      Reflect.set(
        Reflect.get(given[0], 'outlet'),
        'starts',
        starts.map(() => 0),
      )
    return starts === null ? null : starts.map(() => 0)
  })
}

/** As if they came back from there. */
function keepBack(): void {
  mock.getter(Feed.prototype, 'forwards', () => false)
}

/** A start makes them anew where the bindings begin. */
function forgetCursors(): void {
  const { restored } = Feeds.prototype
  mock.method(Feeds.prototype, 'restored', function (this: Feeds, ...given: Parameters<typeof restored>) {
    const { engine } = Reflect.get(this, 'context') as {
      engine: { cursors: Map<string, never>; deleteCursor(_: never): void }
    }
    for (const cursor of [...engine.cursors.values()]) engine.deleteCursor(cursor)
    restored.apply(this, given)
  })
}
