/** Random histories of a queue with an order within keys: made, shrunk and judged. */
import fc from 'fast-check'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { KeyedRun, KeyedWorker } from './key-order-run.ts'

const WORKERS_MAX = 4

const publishing = fc.record({
  kind: fc.constant('publish' as const),
  letter: fc.nat(4),
  priority: fc.nat(3),
  ttlMs: fc.option(fc.integer({ min: 0, max: 300 }), { freq: 5 }),
  bodyBytes: fc.constantFrom(10, 10, 10, 400, 60_000),
})

const operation = fc.oneof(
  { weight: 12, arbitrary: publishing },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      who: fc.nat(WORKERS_MAX),
      at: fc.nat(5),
      how: fc.constantFrom('acknowledge', 'acknowledge', 'acknowledge', 'return', 'fail', 'discard'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 10 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('join' as const), prefetch: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), who: fc.nat(WORKERS_MAX) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), draw: fc.nat(100) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('bring' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('purge' as const, 'pause' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('check' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('kill' as const, 'power' as const, 'restart' as const),
      ms: fc.nat(300),
    }),
  },
)

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

const DEAD = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' }
const RETRY = { 'x-delayed-retry-type': 'all', 'x-delayed-retry-min': 30, 'x-delayed-retry-backoff': 'exponential' }

const settings: fc.Arbitrary<Headers> = fc
  .tuple(
    fc.constantFrom<Headers>({}, DEAD, DEAD),
    fc.constantFrom<Headers>({}, RETRY),
    fc.constantFrom<Headers>({}, {}, { 'x-max-priority': 2 }),
    fc.constantFrom<Headers>({}, {}, { 'x-max-length': 6 }),
    fc.constantFrom<Headers>({}, {}, { 'x-delivery-limit': 2 }),
    fc.constantFrom<Headers>({}, {}, { 'x-single-active-consumer': true }),
    fc.constantFrom<Headers>({}, { 'x-dispatch': 'random' }, { 'x-dispatch': 'least-loaded' }),
  )
  .map((parts) => Object.assign({}, ...parts))

const histories = fc.tuple(settings, fc.array(operation, { minLength: 30, maxLength: 250, size: 'max' }), fc.nat())

/** @throws what is wrong, with the shortest history that shows it */
export async function checkKeyOrder(parameters: fc.Parameters<unknown>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(histories, ([args, operations, seed]) => live(args, operations, seed)),
    parameters as fc.Parameters<[[Headers, Operation[], number]]>,
  )
}

async function live(args: Headers, operations: readonly Operation[], seed: number): Promise<void> {
  const run = new KeyedRun(args, seed)
  await run.begin()
  let away: (() => void)[] = []
  new KeyedWorker(run, 2)
  for (const one of operations) {
    switch (one.kind) {
      case 'publish':
        run.publish(one)
        break
      case 'settle':
        run.workers[one.who % run.workers.length]?.settle(one.at, one.how as 'acknowledge')
        break
      case 'turns':
        await run.turns(one.count)
        break
      case 'pass':
        run.clock.advance(one.ms)
        break
      case 'join':
        if (run.workers.length < WORKERS_MAX) new KeyedWorker(run, one.prefetch)
        break
      case 'leave':
        run.workers[one.who % run.workers.length]?.leave()
        break
      case 'take': {
        const bring = run.takeAway(one.draw)
        if (bring !== null) away.push(bring)
        break
      }
      case 'bring':
        away.shift()?.()
        break
      case 'purge':
        run.purge()
        break
      case 'pause':
        run.queue.setPaused(true)
        await run.settle()
        run.queue.setPaused(false)
        break
      case 'check':
        await run.checkNoStall()
        break
      default:
        away = []
        await end(run, one.kind, one.ms)
    }
    run.overflowed()
  }
  for (const bring of away) bring()
  await run.finish()
}

async function end(run: KeyedRun, kind: 'kill' | 'power' | 'restart', ms: number): Promise<void> {
  const { durableRound } = run.engine
  if (kind === 'restart') await run.restart(ms)
  else await run.crash(kind, ms)
  await run.find(kind === 'restart' ? Number.POSITIVE_INFINITY : durableRound)
  run.overflowed()
  new KeyedWorker(run, 3)
}
