/**
 * What users did in a shop, a line for each:
 *
 *   2026-01-05T08:00:00.123Z user-0042 view /products/17 183
 *   when, in ms, each later    who       what it was about, and how many ms it took
 *
 * The lines are made up, and the same ones every time: whoever has no such log at hand can still compare to the last one.
 */
const users = 2000
const actions = ['view', 'view', 'view', 'search', 'search', 'add-to-cart', 'remove', 'pay', 'log-in', 'log-out']
const firstMs = Date.UTC(2026, 0, 5, 8)

export interface Activity {
  readonly timeMs: number
  readonly user: string
  readonly action: string
  readonly tookMs: number
}

export function* activityLines(count: number): Generator<string> {
  const random = randomNumbers(42)
  const below = (limit: number) => Math.floor(random() * limit)
  let timeMs = firstMs
  for (let i = 0; i < count; i++) {
    timeMs += 1 + below(400)
    const user = String(Math.floor(users * random() ** 3)).padStart(4, '0') // some do much more than others
    const action = actions[below(actions.length)]
    yield `${new Date(timeMs).toISOString()} user-${user} ${action} /products/${below(900)} ${20 + below(500)}`
  }
}

export function parse(line: string): Activity {
  const [time, user, action, , tookMs] = line.split(' ')
  return { timeMs: Date.parse(time), user, action, tookMs: Number(tookMs) }
}

/** How often each user did what, and how many ms it took in all, by `user action`. */
export type Aggregate = Map<string, [times: number, tookMs: number]>

export function add(aggregate: Aggregate, { user, action, tookMs }: Activity): void {
  const key = `${user} ${action}`
  const sum = aggregate.get(key)
  if (sum === undefined) aggregate.set(key, [1, tookMs])
  else {
    sum[0]++
    sum[1] += tookMs
  }
}

/** The same numbers in every run (the linear congruential generator of Numerical Recipes), from 0 to below 1. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
