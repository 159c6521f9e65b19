// What all exchanges share: their attributes and the index of their bindings by destination.
//
// The index makes duplicates collapse and the deletion of a queue cost only its own bindings; how a message finds its
// bindings is each type's own structure, kept beside it through `insert` and `remove`.

import { Refusal } from '../refusal.ts'
import { Binding, bindingIdentity } from './binding.ts'
import type { Headers } from './headers.ts'
import type { HistoryTarget, RouteTarget } from './target.ts'

export type { Headers, HeaderValue } from './headers.ts'

export type ExchangeType =
  | 'direct'
  | 'fanout'
  | 'topic'
  | 'headers'
  | 'x-consistent-hash'
  | 'x-modulus-hash'
  | 'x-random'
  | 'x-local-random'
  | 'x-recent-history'
  | 'x-delayed-message'
  | 'x-message-deduplication'
  | 'x-schedule'
  | 'x-topic-log'

export interface ExchangeOptions {
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly internal: boolean
  readonly arguments: Headers
}

export type AddTarget = (target: RouteTarget | HistoryTarget) => void

/** Gives a property of the message at hand, null if it has none of that name. Valid for one call of `match`. */
export type PropertyOf = (name: 'message_id' | 'correlation_id' | 'timestamp') => string | null

export abstract class Exchange implements RouteTarget {
  readonly kind = 'exchange'
  abstract readonly type: ExchangeType
  readonly name: string
  readonly durable: boolean
  readonly autoDelete: boolean
  readonly internal: boolean
  arguments: Headers
  /** Arguments that mean something here: a later declare must agree in them. */
  readonly knownArguments: readonly string[] = ['alternate-exchange']
  /** Whether the routing key alone decides what `match` finds: not headers, not properties, not chance. */
  readonly keyDecides: boolean = true
  /** Whether a message that comes by a binding from another exchange is looked at for a delay. */
  readonly keepsBack: boolean = false
  /** Whether a message with several keys is looked up by each of them; otherwise by the first alone. */
  readonly looksUpEachKey: boolean = false
  #alternate: string | null
  publishedIn = 0
  publishedOut = 0
  protected readonly byDestination = new Map<RouteTarget, Map<string, Binding>>()
  #count = 0

  /** @throws Refusal precondition-failed if `alternate-exchange` is not a string. */
  constructor(name: string, options: ExchangeOptions) {
    this.name = name
    this.durable = options.durable
    this.autoDelete = options.autoDelete
    this.internal = options.internal
    this.arguments = options.arguments
    this.#alternate = alternateOf(name, options.arguments)
  }

  /** Name of the exchange that takes what matches no binding here. */
  get alternate(): string | null {
    return this.#alternate
  }

  /** The definition of the policy that holds for this exchange from now on, null if there is none. Arguments go before it. */
  applyPolicy(definition: Headers | null): void {
    const alternate = definition?.['alternate-exchange']
    this.#alternate = alternateOf(this.name, this.arguments) ?? (typeof alternate === 'string' ? alternate : null)
  }

  get bindingCount(): number {
    return this.#count
  }

  /**
   * Takes effect for the next message. The destination is known by identity: one live object per queue and exchange.
   * @returns false if the same destination, key and arguments were bound already.
   * @throws Refusal precondition-failed if this type of exchange cannot make sense of the arguments.
   */
  bind(destination: RouteTarget, key: string, args: Headers): boolean {
    const identity = bindingIdentity(key, args)
    let own = this.byDestination.get(destination)
    if (own?.has(identity)) return false
    const binding = new Binding(this.name, destination, key, args)
    this.insert(binding)
    if (own === undefined) this.byDestination.set(destination, (own = new Map()))
    own.set(identity, binding)
    this.#count++
    return true
  }

  /** @returns false if there was no such binding, which is no error (AMQP 0-9-1 queue.unbind as RabbitMQ has it). */
  unbind(destination: RouteTarget, key: string, args: Headers): boolean {
    const own = this.byDestination.get(destination)
    const identity = bindingIdentity(key, args)
    const binding = own?.get(identity)
    if (own === undefined || binding === undefined) return false
    own.delete(identity)
    if (own.size === 0) this.byDestination.delete(destination)
    this.remove(binding)
    this.#count--
    return true
  }

  /** Drops every binding to a destination that is going away, and returns them. Costs only these bindings. */
  unbindTarget(destination: RouteTarget): Binding[] {
    const own = this.byDestination.get(destination)
    if (own === undefined) return []
    const removed = [...own.values()]
    this.byDestination.delete(destination)
    for (const binding of removed) this.remove(binding)
    this.#count -= removed.length
    return removed
  }

  *bindings(): Iterable<Binding> {
    for (const own of this.byDestination.values()) yield* own.values()
  }

  /** Those that lead to one destination. */
  bindingsTo(destination: RouteTarget): Iterable<Binding> {
    return this.byDestination.get(destination)?.values() ?? []
  }

  /** Calls `add` for the destination of every matching binding; may repeat one. `add` must not bind or unbind here. */
  abstract match(key: string, headers: Headers | null, add: AddTarget, properties: PropertyOf | null): void

  protected abstract insert(binding: Binding): void
  protected abstract remove(binding: Binding): void
}

function alternateOf(name: string, args: Headers): string | null {
  const value = args['alternate-exchange']
  if (value === undefined) return null
  if (typeof value === 'string') return value
  throw new Refusal(
    'precondition-failed',
    `invalid type '${typeof value}' for arg 'alternate-exchange' in exchange '${name}'`,
  )
}
