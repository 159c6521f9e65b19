/**
 * When a schedule ticks: times in ms since 1970. Both kinds follow from the arguments alone, so every declarer, and every
 * start, finds the same ticks. The library of cron expressions is loaded with the first expression, not with the broker.
 */
import { createRequire } from 'node:module'
import type { Cron } from 'croner'
import { isInteger } from '../argument-value.ts'
import { Refusal } from '../refusal.ts'
import type { Headers, HeaderValue } from '../routing/headers.ts'

export interface Ticks {
  /** The first one at or after `ms`; Infinity if there is none. */
  from(ms: number): number
  /** The last one before `ms`; -Infinity if there is none. */
  before(ms: number): number
}

const EVERY_MS_MIN = 10
/** Ten years. */
const EVERY_MS_MAX = 315_360_000_000
const FIELDS = ['second', 'minute', 'hour', 'day of month', 'month', 'day of week']
const UTC = 'UTC'

/** @throws Refusal precondition-failed */
export function ticksOf(args: Headers): Ticks {
  const { 'x-cron': cron, 'x-every': every, 'x-timezone': zone } = args
  if (cron !== undefined && every !== undefined) refuse("Invalid argument, 'x-cron' and 'x-every' exclude each other")
  const timezone = timezoneOf(zone)
  if (cron !== undefined) return new CronTicks(cron, timezone)
  if (every !== undefined) return new EveryTicks(every)
  return refuse("Missing argument, an exchange of type 'x-schedule' needs 'x-cron' or 'x-every'")
}

/** The whole multiples of an interval since 1970. */
class EveryTicks implements Ticks {
  private readonly everyMs: number

  constructor(every: HeaderValue) {
    this.everyMs = isInteger(every) ? Number(every) : 0
    if (this.everyMs < EVERY_MS_MIN || this.everyMs > EVERY_MS_MAX) {
      refuse(`Invalid argument, 'x-every' must be an integer from ${EVERY_MS_MIN} to ${EVERY_MS_MAX}: milliseconds`)
    }
  }

  from(ms: number): number {
    return Math.ceil(ms / this.everyMs) * this.everyMs
  }

  before(ms: number): number {
    return this.from(ms) - this.everyMs
  }
}

class CronTicks implements Ticks {
  private readonly cron: Cron

  constructor(expression: HeaderValue, timezone: string) {
    if (typeof expression !== 'string') refuse("Invalid argument, 'x-cron' must be a text")
    const { Cron } = createRequire(import.meta.url)('croner') as typeof import('croner')
    const parse = (pattern: string): Cron => new Cron(pattern, { timezone, mode: '5-or-6-parts' })
    const fields = expression.trim().split(/\s+/)
    if (fields.length !== 5 && fields.length !== 6) {
      refuse(`Invalid argument, 'x-cron' must have 5 fields, or 6 with seconds: '${expression}'`)
    }
    for (const [i, field] of fields.entries()) {
      const alone = fields.map((_, k) => (k === i ? field : '*')).join(' ')
      const name = FIELDS[i + FIELDS.length - fields.length]
      if (!isParsed(() => parse(alone))) refuse(`Invalid argument, 'x-cron' has a bad ${name}: '${field}'`)
    }
    this.cron = parse(fields.join(' '))
    if (this.from(0) === Number.POSITIVE_INFINITY) refuse(`Invalid argument, 'x-cron' never comes: '${expression}'`)
  }

  from(ms: number): number {
    return this.cron.nextRun(new Date(ms - 1))?.getTime() ?? Number.POSITIVE_INFINITY
  }

  before(ms: number): number {
    return this.cron.previousRuns(1, new Date(ms))[0]?.getTime() ?? Number.NEGATIVE_INFINITY
  }
}

function isParsed(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}

function timezoneOf(zone: HeaderValue | undefined): string {
  if (zone === undefined) return UTC
  if (typeof zone !== 'string') return refuse("Invalid argument, 'x-timezone' must be a text")
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone
  } catch {
    return refuse(`Invalid argument, 'x-timezone' is not known: '${zone}'`)
  }
}

function refuse(text: string): never {
  throw new Refusal('precondition-failed', text)
}
