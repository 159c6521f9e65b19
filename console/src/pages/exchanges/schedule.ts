/** What the arguments of an x-schedule exchange say, as a form asks for it, and back. */
import type { Arguments, ExchangeRow } from '../../api/types.ts'
import { type Pair, typedPairs, untypedPairs } from '../../parts/form.tsx'

export const UNITS = { ms: 1, seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const
export type Unit = keyof typeof UNITS

export interface Plan {
  readonly by: 'cron' | 'every'
  readonly cron: string
  readonly timezone: string
  readonly every: string
  readonly unit: Unit
  readonly missed: string
  readonly key: string
  readonly payload: string
  readonly encoding: 'string' | 'base64'
  readonly contentType: string
  readonly headers: readonly Pair[]
  /** Properties that the form has no field for: they stay as they are. */
  readonly others: Arguments
}

export const NEW_PLAN: Plan = {
  by: 'cron',
  cron: '0 * * * *',
  timezone: 'UTC',
  every: '5',
  unit: 'minutes',
  missed: 'once',
  key: '',
  payload: '',
  encoding: 'string',
  contentType: 'application/json',
  headers: [],
  others: {},
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

export function planOf(all: Arguments): Plan {
  const every = Number(all['x-every'] ?? Number.NaN)
  const { headers = {}, content_type: contentType, ...others } = (all['x-properties'] ?? {}) as Arguments
  return {
    ...NEW_PLAN,
    by: Number.isNaN(every) ? 'cron' : 'every',
    ...(Number.isNaN(every) ? { cron: textOf(all['x-cron']) } : spanOf(every)),
    timezone: textOf(all['x-timezone']) || NEW_PLAN.timezone,
    missed: textOf(all['x-missed']) || NEW_PLAN.missed,
    key: textOf(all['x-routing-key']),
    payload: textOf(all['x-payload']),
    encoding: all['x-payload-encoding'] === 'base64' ? 'base64' : 'string',
    contentType: textOf(contentType),
    headers: untypedPairs(headers as Arguments),
    others,
  }
}

/** In the largest unit that it is a multiple of. */
function spanOf(ms: number): Pick<Plan, 'every' | 'unit'> {
  const [unit, size] = Object.entries(UNITS).findLast(([, size]) => ms % size === 0) as [Unit, number]
  return { every: String(ms / size), unit }
}

/** Without what is as it would be anyhow. */
export function argumentsOf(plan: Plan): Arguments {
  const { by, cron, timezone, every, unit, missed, key, payload, encoding, contentType, others } = plan
  const headers = typedPairs(plan.headers)
  const properties = {
    ...(contentType !== '' && { content_type: contentType }),
    ...others,
    ...(Object.keys(headers).length > 0 && { headers }),
  }
  return {
    ...(by === 'cron' ? { 'x-cron': cron } : { 'x-every': Math.round(Number(every) * UNITS[unit]) }),
    ...(by === 'cron' && timezone !== NEW_PLAN.timezone && { 'x-timezone': timezone }),
    ...(missed !== NEW_PLAN.missed && { 'x-missed': missed }),
    ...(key !== '' && { 'x-routing-key': key }),
    ...(payload !== '' && { 'x-payload': payload }),
    ...(encoding === 'base64' && { 'x-payload-encoding': encoding }),
    ...(Object.keys(properties).length > 0 && { 'x-properties': properties }),
  }
}

/** What to send, so that a schedule with those arguments has these: null takes one away. */
export function changesFrom(before: Arguments, after: Arguments): Arguments {
  const gone = Object.keys(before).filter((name) => !(name in after) && name !== 'alternate-exchange')
  const changed = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value),
  )
  return { ...Object.fromEntries(gone.map((name) => [name, null])), ...Object.fromEntries(changed) }
}

/** The message of its ticks, to be published by hand. */
export function messageOf({ arguments: all }: ExchangeRow): object {
  return {
    routing_key: all['x-routing-key'] ?? '',
    payload: all['x-payload'] ?? '',
    payload_encoding: all['x-payload-encoding'] ?? 'string',
    properties: { delivery_mode: 2, ...(all['x-properties'] as object | undefined) },
  }
}

const FIELDS = ['second', 'minute', 'hour', 'day of month', 'month', 'day of week']

/** The fields of an expression by their names; none of what is not one. */
export function cronFields(cron: string): (readonly [name: string, value: string])[] {
  const fields = cron.trim().split(/\s+/)
  if (fields.length !== 5 && fields.length !== 6) return []
  return fields.map((value, i) => [FIELDS[i + FIELDS.length - fields.length], value])
}
