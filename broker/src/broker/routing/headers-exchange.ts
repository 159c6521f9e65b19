// Headers exchange: binding arguments are compared with the message's headers, the key is not looked at.
//
//   x-match        needs            keys that begin with x-
//   all (default)  every argument   ignored
//   any            at least one     ignored
//   all-with-x     every argument   compared, but for x-match itself
//   any-with-x     at least one     compared, but for x-match itself
//
// A void argument asks only that the header is there. Every binding is tried, as the peers do: the number of bindings
// on one headers exchange is its cost per message.

import { typeName, valueText } from '../argument-value.ts'
import { Refusal } from '../refusal.ts'
import type { Binding } from './binding.ts'
import { type AddTarget, Exchange } from './exchange.ts'
import { type Headers, type HeaderValue, noHeaders, sameValue } from './headers.ts'
import type { RouteTarget } from './target.ts'

interface Condition {
  readonly destination: RouteTarget
  readonly any: boolean
  readonly keys: readonly string[]
  readonly values: readonly HeaderValue[]
}

export class HeadersExchange extends Exchange {
  readonly type = 'headers'
  override readonly keyDecides = false
  readonly #conditions = new Map<Binding, Condition>()

  match(_key: string, headers: Headers | null, add: AddTarget): void {
    const given = headers ?? noHeaders
    for (const condition of this.#conditions.values()) {
      if (holds(condition, given)) add(condition.destination)
    }
  }

  /** @throws Refusal precondition-failed if `x-match` is not one of the four. */
  protected insert(binding: Binding): void {
    this.#conditions.set(binding, conditionOf(binding))
  }

  protected remove(binding: Binding): void {
    this.#conditions.delete(binding)
  }
}

function conditionOf({ destination, args }: Binding): Condition {
  const mode = xMatch(args['x-match'])
  const withX = mode.endsWith('-with-x')
  const keys = Object.keys(args).filter((key) => key !== 'x-match' && (withX || !key.startsWith('x-')))
  return { destination, any: mode.startsWith('any'), keys, values: keys.map((key) => args[key]) }
}

/** Whether messages with these headers take the binding. */
export function headersFit(binding: Binding, headers: Headers | null): boolean {
  return holds(conditionOf(binding), headers ?? noHeaders)
}

function holds({ any, keys, values }: Condition, headers: Headers): boolean {
  for (let i = 0; i < keys.length; i++) {
    if (Object.hasOwn(headers, keys[i]) && (values[i] === null || sameValue(values[i], headers[keys[i]]))) {
      if (any) return true
    } else if (!any) return false
  }
  return !any
}

function xMatch(value: HeaderValue | undefined): string {
  switch (value) {
    case undefined:
      return 'all'
    case 'all':
    case 'any':
    case 'all-with-x':
    case 'any-with-x':
      return value
  }
  // The words and the quoting are RabbitMQ's, to the letter.
  const problem =
    typeof value === 'string'
      ? `value <<"${value}">>; expected all, any, all-with-x, or any-with-x`
      : `type ${typeName(value)} (value ${valueText(value)}); expected longstr`
  throw new Refusal('precondition-failed', `Invalid x-match field ${problem}`)
}
