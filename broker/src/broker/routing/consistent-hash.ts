// Consistent hash exchange: each message goes to one destination, chosen by a hash of its routing key, of a header or of
// a property; equal values go to the same one. The binding key is the weight of the destination.
//
// The choice is by rendezvous: every binding draws a number from (its destination, the hash), scaled by its weight, and
// the best draw wins. So shares are as even as the hash, the order of bindings does not matter, and when a binding comes
// or goes only the messages move that it gains or loses. Trade: a message costs a draw per binding. A destination that is
// bound more than once draws the same number each time, so its heaviest binding counts.

import { valueText } from '../argument-value.ts'
import { Refusal } from '../refusal.ts'
import type { Binding } from './binding.ts'
import { type AddTarget, Exchange, type ExchangeOptions, type PropertyOf } from './exchange.ts'
import { hashOf, mixed } from './hash.ts'
import { describeValue, type Headers, type HeaderValue } from './headers.ts'

interface Candidate {
  readonly binding: Binding
  readonly seed: number
  readonly weight: number
}

const PROPERTIES = ['message_id', 'correlation_id', 'timestamp'] as const
type Property = (typeof PROPERTIES)[number]

export class ConsistentHashExchange extends Exchange {
  readonly type = 'x-consistent-hash'
  override readonly keyDecides: boolean
  override readonly knownArguments = ['alternate-exchange', 'hash-header', 'hash-property']
  readonly #header: string | null
  readonly #property: Property | null
  readonly #candidates: Candidate[] = []

  /** @throws Refusal precondition-failed for both a header and a property, or one that cannot be hashed. */
  constructor(name: string, options: ExchangeOptions) {
    super(name, options)
    const { 'hash-header': header, 'hash-property': property } = options.arguments
    if (header !== undefined && property !== undefined) {
      throw new Refusal('precondition-failed', 'hash-header and hash-property are mutually exclusive')
    }
    this.#header = header === undefined ? null : headerName(name, header)
    this.#property = property === undefined ? null : propertyName(property)
    this.keyDecides = this.#header === null && this.#property === null
  }

  match(key: string, headers: Headers | null, add: AddTarget, properties: PropertyOf | null): void {
    const hash = hashOf(this.#hashed(key, headers, properties))
    let best: Candidate | null = null
    let least = Number.POSITIVE_INFINITY
    for (const candidate of this.#candidates) {
      // -ln of an even draw from (0, 1) is exponential: of several, the least is one's own with the odds of its rate.
      // It is never below 1 - draw, which is cheaper to tell and mostly enough.
      const draw = (mixed(hash ^ candidate.seed) + 0.5) / 2 ** 32
      if ((1 - draw) / candidate.weight >= least) continue
      const drawn = -Math.log(draw) / candidate.weight
      if (drawn < least) {
        least = drawn
        best = candidate
      }
    }
    if (best !== null) add(best.binding.destination)
  }

  /** What is not there counts as empty: all such messages go to one destination. */
  #hashed(key: string, headers: Headers | null, properties: PropertyOf | null): string {
    if (this.#property !== null) return properties?.(this.#property) ?? ''
    if (this.#header === null) return key
    const value = headers?.[this.#header]
    return value === undefined ? '' : describeValue(value)
  }

  /** @throws Refusal precondition-failed for a key that is no weight. */
  protected insert(binding: Binding): void {
    const { kind, name } = binding.destination
    this.#candidates.push({ binding, seed: hashOf(`${kind}:${name}`), weight: weightOf(binding.key) })
  }

  protected remove(binding: Binding): void {
    this.#candidates.splice(
      this.#candidates.findIndex((candidate) => candidate.binding === binding),
      1,
    )
  }
}

// The words, and the quoting of the key, are RabbitMQ's.

function weightOf(key: string): number {
  if (!/^[+-]?\d+$/.test(key)) {
    const quoted = key === '' ? '<<>>' : `<<"${key}">>`
    throw new Refusal('precondition-failed', `The binding key must be an integer: ${quoted}`)
  }
  const weight = Number(key)
  if (weight < 1) throw new Refusal('precondition-failed', 'The binding key must be greater than 0')
  return weight
}

function headerName(exchange: string, value: HeaderValue): string {
  if (typeof value === 'string') return value
  throw new Refusal(
    'precondition-failed',
    `invalid arg 'hash-header' of exchange '${exchange}': not the name of a header`,
  )
}

function propertyName(value: HeaderValue): Property {
  const property = PROPERTIES.find((name) => name === value)
  if (property !== undefined) return property
  throw new Refusal('precondition-failed', `Unsupported property: ${valueText(value)}`)
}
