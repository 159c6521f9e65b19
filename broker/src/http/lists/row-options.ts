/** What a request wants in its rows: statistics or not, and how much of the past. */
import type { Context } from 'hono'
import { badRequest } from '../answers.ts'

/** Samples wanted beside a rate: so far back, so far apart. */
export interface Past {
  readonly ageMs: number
  readonly stepMs: number
}

export interface RowOptions {
  /** Counters, rates and all that changes with every message. */
  readonly stats: boolean
  /** The numbers of messages, also without statistics. */
  readonly totals: boolean
  /** Of rates of messages. */
  readonly rates: Past | null
  /** Of lengths of queues. */
  readonly lengths: Past | null
  /** Of octets of connections. */
  readonly data: Past | null
  /** Of what a node uses. */
  readonly node: Past | null
}

/** @throws HttpError 400 */
export function rowOptions(c: Context): RowOptions {
  const stats = c.req.query('disable_stats') !== 'true'
  return {
    stats,
    totals: stats || c.req.query('enable_queue_totals') === 'true',
    rates: past(c, 'msg_rates'),
    lengths: past(c, 'lengths'),
    data: past(c, 'data_rates'),
    node: past(c, 'node_stats'),
  }
}

/** In seconds, both or none. */
function past(c: Context, name: string): Past | null {
  const age = c.req.query(`${name}_age`)
  const step = c.req.query(`${name}_incr`)
  if (age === undefined || step === undefined) return null
  const ageMs = seconds(`${name}_age`, age)
  const stepMs = seconds(`${name}_incr`, step)
  return { ageMs, stepMs }
}

function seconds(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value <= 0) throw badRequest(`invalid ${name}: ${text}`)
  return value * 1000
}
