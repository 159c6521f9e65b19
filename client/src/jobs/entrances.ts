/**
 * Where a job enters: the exchange of its queue, or one in front of it that delays, drops duplicates, or both. These are
 * declared when the first job asks for it.
 */
import type { Declaration } from '../connection/topology.ts'
import type { Core } from '../core.ts'
import { UnsupportedByBroker } from '../errors.ts'
import type { AddOptions } from './add-options.ts'
import type { JobType } from './settings.ts'

export interface Entrance {
  readonly exchange: string
  readonly headers: Readonly<Record<string, unknown>>
  /** What no queue takes comes back: it is a duplicate, or the queue was deleted. */
  readonly mandatory: boolean
}

const DEDUPE_KEYS_MAX = 1_000_000

const names = {
  delayed: (queue: string) => `${queue}.delayed`,
  deduplicated: (queue: string) => `${queue}.deduplicated`,
  delayedDeduplicated: (queue: string) => `${queue}.delayed.deduplicated`,
}

export class Entrances {
  private readonly core: Core
  private readonly queue: string
  private readonly dedupeKeysMax: number
  private readonly plain: Entrance

  constructor(core: Core, queue: string, dedupeKeysMax = DEDUPE_KEYS_MAX) {
    this.core = core
    this.queue = queue
    this.dedupeKeysMax = dedupeKeysMax
    this.plain = { exchange: queue, headers: {}, mandatory: true }
  }

  /** @throws UnsupportedByBroker, DeclareRefused */
  of(type: JobType, options: AddOptions): Entrance | Promise<Entrance> {
    return options.delayMs || options.dedupe ? this.special(type, options) : this.plain
  }

  private async special({ name }: JobType, { delayMs, dedupe }: AddOptions): Promise<Entrance> {
    const { core, queue } = this
    if (delayMs) await this.supports('add: delayMs', 'x-delayed-message', { 'x-delayed-type': 'fanout' })
    if (dedupe) await this.supports('add: dedupe', 'x-message-deduplication', { 'x-cache-size': 1 })
    const delay = { 'x-delay': delayMs }
    // Jobs of different names are no duplicates of each other.
    const key = dedupe && { 'x-deduplication-header': `${name} ${dedupe.key}`, 'x-cache-ttl': dedupe.windowMs }
    if (!dedupe) {
      await core.declare(this.delayedTo(names.delayed(queue), queue))
      return { exchange: names.delayed(queue), headers: delay, mandatory: false }
    }
    await core.declare(this.deduplicated())
    if (!delayMs) return { exchange: names.deduplicated(queue), headers: { ...key }, mandatory: true }
    await core.declare(this.delayedTo(names.delayedDeduplicated(queue), names.deduplicated(queue)))
    return { exchange: names.delayedDeduplicated(queue), headers: { ...delay, ...key }, mandatory: false }
  }

  private async supports(option: string, type: string, args: Readonly<Record<string, unknown>>): Promise<void> {
    if (await this.core.hasExchangeType(type, args)) return
    throw new UnsupportedByBroker(option, this.core.broker.name, `it has no exchanges of type '${type}'`)
  }

  private delayedTo(name: string, to: string): Declaration[] {
    return inFrontOf(to, name, 'x-delayed-message', { 'x-delayed-type': 'fanout' })
  }

  private deduplicated(): Declaration[] {
    const args = { 'x-cache-size': this.dedupeKeysMax, 'x-cache-persistence': 'disk' }
    return inFrontOf(this.queue, names.deduplicated(this.queue), 'x-message-deduplication', args)
  }
}

function inFrontOf(to: string, name: string, type: string, args: Record<string, unknown>): Declaration[] {
  return [
    { kind: 'exchange', name, type, options: { durable: true, arguments: args } },
    { kind: 'binding', from: name, to, toKind: 'exchange', key: '' },
  ]
}
