/**
 * Where a job enters that is not to be in its queue now and in any case: exchanges in front of that of the queue, which
 * delay, drop duplicates, or both. Declared when the first job asks for it.
 */
import type { Declaration } from '../connection/topology.ts'
import type { Core } from '../core.ts'
import { UnsupportedByBroker } from '../errors.ts'
import { joined } from '../receiving/names.ts'
import type { AddOptions } from './add-options.ts'
import type { JobType } from './settings.ts'

export interface Entrance {
  readonly exchange: string
  readonly headers: Readonly<Record<string, unknown>>
  /** A job that no queue takes is returned at once: it is a duplicate. Of delayed ones that shows later. */
  readonly returnsDuplicates: boolean
}

const DEDUPE_KEYS_MAX = 1_000_000

const namesFor = (queue: string) => ({
  delayed: joined(queue, 'delayed'),
  deduplicated: joined(queue, 'deduplicated'),
  delayedDeduplicated: joined(queue, 'delayed', 'deduplicated'),
})

export class Entrances {
  private readonly core: Core
  private readonly queue: string
  private readonly dedupeKeysMax: number

  constructor(core: Core, queue: string, dedupeKeysMax = DEDUPE_KEYS_MAX) {
    this.core = core
    this.queue = queue
    this.dedupeKeysMax = dedupeKeysMax
  }

  /** Of a job with a delay, a window, or both. @throws UnsupportedByBroker, DeclareRefused */
  async of({ name }: JobType, { delayMs, dedupe }: AddOptions): Promise<Entrance> {
    const { core, queue } = this
    if (delayMs) await this.supports('add: delayMs', 'x-delayed-message', { 'x-delayed-type': 'fanout' })
    if (dedupe) await this.supports('add: dedupe', 'x-message-deduplication', { 'x-cache-size': 1 })
    const { delayed, deduplicated, delayedDeduplicated } = namesFor(queue)
    const delay = { 'x-delay': delayMs }
    if (dedupe === undefined) {
      await core.declare(delaying(delayed, queue))
      return { exchange: delayed, headers: delay, returnsDuplicates: false }
    }
    await core.declare(deduplicating(deduplicated, queue, this.dedupeKeysMax))
    // Jobs of different names are no duplicates of each other.
    const window = { 'x-deduplication-header': joined(name, dedupe.key), 'x-cache-ttl': dedupe.windowMs }
    if (!delayMs) return { exchange: deduplicated, headers: window, returnsDuplicates: true }
    await core.declare(delaying(delayedDeduplicated, deduplicated))
    return { exchange: delayedDeduplicated, headers: { ...delay, ...window }, returnsDuplicates: false }
  }

  private async supports(option: string, type: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    if (await this.core.hasExchangeType(type, args)) return
    throw new UnsupportedByBroker(option, this.core.broker.name, `it has no exchanges of type '${type}'`)
  }
}

const delaying = (name: string, to: string): Declaration[] =>
  inFrontOf(to, name, 'x-delayed-message', { 'x-delayed-type': 'fanout' })

const deduplicating = (name: string, to: string, keysMax: number): Declaration[] =>
  inFrontOf(to, name, 'x-message-deduplication', { 'x-cache-size': keysMax, 'x-cache-persistence': 'disk' })

function inFrontOf(to: string, name: string, type: string, args: Record<string, unknown>): Declaration[] {
  return [
    { kind: 'exchange', name, type, options: { durable: true, arguments: args } },
    { kind: 'binding', from: name, to, toKind: 'exchange', key: '' },
  ]
}
