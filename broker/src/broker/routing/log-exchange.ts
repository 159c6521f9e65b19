// The exchange of a topic, of type x-topic-log: what is published to it is appended to the topic, whatever its key.
// Who is bound to it gets what stands in the log, whoever appended it: bindings are looked at when a record can be read
// by everybody (topic/feed.ts), through `outlet`, and never when something is published.

import type { Binding } from './binding.ts'
import { type AddTarget, Exchange, type ExchangeOptions } from './exchange.ts'
import type { Headers } from './headers.ts'
import { LogOutlet } from './log-outlet.ts'
import type { TopicTarget } from './target.ts'

export const LOG_EXCHANGE_TYPE = 'x-topic-log'
export const PARTITIONS_ARGUMENT = 'x-partitions'
/** A table: the topic's settings by Kafka's names, and no others. */
export const CONFIGS_ARGUMENT = 'x-topic-configs'

export class LogExchange extends Exchange {
  readonly type = LOG_EXCHANGE_TYPE
  /** All that is published to it is appended: an alternate exchange would get nothing. */
  override readonly knownArguments = []
  /** Its bindings as an exchange of their own: routes the records of the topic. */
  readonly outlet: LogOutlet
  private readonly target: TopicTarget

  constructor(name: string, options: ExchangeOptions, target: TopicTarget) {
    super(name, options)
    this.target = target
    this.outlet = new LogOutlet(name, options)
  }

  match(_key: string, _headers: Headers | null, add: AddTarget): void {
    add(this.target)
  }

  protected insert({ destination, key, args }: Binding): void {
    this.outlet.bind(destination, key, args)
  }

  protected remove({ destination, key, args }: Binding): void {
    this.outlet.unbind(destination, key, args)
  }
}
