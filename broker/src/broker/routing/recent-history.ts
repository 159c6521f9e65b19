// Recent history exchange: every destination, whatever the key, as fanout; and a destination that is bound gets the last
// messages that came before it. What is remembered is a log beside the exchange (history/), and a match names it like one
// more destination. A message with the header `x-recent-history-no-store` set to true is not remembered.

import { valueText } from '../argument-value.ts'
import { Refusal } from '../refusal.ts'
import { type AddTarget, Exchange, type ExchangeOptions } from './exchange.ts'
import type { Headers, HeaderValue } from './headers.ts'
import type { HistoryTarget } from './target.ts'

const LENGTH = 'x-recent-history-length'
const LENGTH_DEFAULT = 20
const NO_STORE = 'x-recent-history-no-store'

export class RecentHistoryExchange extends Exchange {
  readonly type = 'x-recent-history'
  override readonly keyDecides = false
  override readonly knownArguments = ['alternate-exchange', LENGTH]
  /** Messages remembered. */
  readonly length: number
  /** Given by the vhost; without it nothing is remembered. */
  history: HistoryTarget | null = null

  /** @throws Refusal precondition-failed for a length that is no positive integer. */
  constructor(name: string, options: ExchangeOptions) {
    super(name, options)
    this.length = lengthOf(options.arguments[LENGTH])
  }

  match(_key: string, headers: Headers | null, add: AddTarget): void {
    if (this.history !== null && headers?.[NO_STORE] !== true) add(this.history)
    for (const destination of this.byDestination.keys()) add(destination)
  }

  protected insert(): void {}

  protected remove(): void {}
}

function lengthOf(value: HeaderValue | undefined): number {
  if (value === undefined) return LENGTH_DEFAULT
  const length = typeof value === 'bigint' ? Number(value) : value
  if (typeof length === 'number' && Number.isInteger(length) && length > 0) return length
  const shown = typeof value === 'string' ? `<<"${value}">>` : valueText(value)
  throw new Refusal('precondition-failed', `Invalid argument ${shown}, '${LENGTH}' must be a positive integer`)
}
