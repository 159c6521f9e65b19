/** The exchanges of a vhost's topics: each comes, widens and goes with its topic. */
import { refuseInequivalent } from '../argument-value.ts'
import { Refusal } from '../refusal.ts'
import type { Exchange, ExchangeOptions } from '../routing/exchange.ts'
import { type Headers, type HeaderValue, isTyped, sameValue } from '../routing/headers.ts'
import { CONFIGS_ARGUMENT, LogExchange, PARTITIONS_ARGUMENT } from '../routing/log-exchange.ts'
import {
  amqpConfigs,
  type Config,
  checkSameSettings,
  checkStreamArguments,
  streamArguments,
  streamConfigs,
} from '../stream/stream-arguments.ts'
import { StreamRefusal } from '../stream-refusal.ts'
import { ofDefaults } from './new-topic.ts'
import type { Topic } from './topic.ts'
import { isInternalTopic } from './topic-name.ts'
import type { TopicWriter } from './topic-writer.ts'
import type { TopicChange, Topics } from './topics.ts'

/** With any of these it keeps what they say; without, what topics keep by default. */
const STREAM_ARGUMENTS = ['x-max-age', 'x-max-length-bytes', 'x-stream-max-segment-size-bytes']

/** Nothing is assigned to nodes by name. */
const NO_NODE = -1

export interface TopicExchangesHost {
  readonly name: string
  readonly exchanges: ReadonlyMap<string, Exchange>
  /** Lets it be found, for publishing and binding. */
  addExchange(exchange: Exchange): void
  removeExchange(exchange: Exchange): void
}

export class TopicExchanges {
  private readonly host: TopicExchangesHost
  private readonly topics: Topics
  private readonly writer: TopicWriter

  constructor(host: TopicExchangesHost, topics: Topics, writer: TopicWriter) {
    this.host = host
    this.topics = topics
    this.writer = writer
    topics.onChanged((topic, what) => this.changed(topic, what))
  }

  of(topic: Topic): LogExchange | null {
    const exchange = this.host.exchanges.get(topic.name)
    return exchange instanceof LogExchange ? exchange : null
  }

  /**
   * Makes the topic that an exchange of this type stands for. Can be used at once.
   * @throws Refusal precondition-failed if no topic can be like that
   */
  declare(name: string, options: ExchangeOptions): Exchange {
    const refuseProperty = (property: string): never => {
      const text = `invalid property '${property}' for exchange '${name}' in vhost '${this.host.name}': a topic is durable and stays`
      throw new Refusal('precondition-failed', text)
    }
    if (!options.durable) refuseProperty('non-durable')
    if (options.autoDelete) refuseProperty('auto-delete')
    if (options.internal && !isInternalTopic(name)) refuseProperty('internal')
    const { arguments: args } = options
    const partitions = partitionsIn(name, this.host.name, args)
    checkStreamArguments(name, this.host.name, args)
    const configs = configsIn(name, this.host.name, args)
    try {
      this.topics.create(this.topics.check({ ...ofDefaults(name), partitions, configs }, NO_NODE))
    } catch (error) {
      if (!(error instanceof StreamRefusal)) throw error
      throw new Refusal('precondition-failed', `exchange '${name}' in vhost '${this.host.name}': ${error.message}`)
    }
    return this.host.exchanges.get(name)!
  }

  /** @throws Refusal precondition-failed if another number of partitions, or another bound, is asked for */
  checkSame(exchange: LogExchange, args: Headers): void {
    const object = `exchange '${exchange.name}' in vhost '${this.host.name}'`
    checkSameSettings(object, streamArguments(this.topics.get(exchange.name)!.overrides), args)
    const asked = args[PARTITIONS_ARGUMENT]
    const current = exchange.arguments[PARTITIONS_ARGUMENT]!
    if (asked === undefined || sameValue(asked, current)) return
    refuseInequivalent(PARTITIONS_ARGUMENT, object, asked, current)
  }

  /** With all that is in it. */
  delete(exchange: LogExchange): void {
    const topic = this.topics.get(exchange.name)
    if (topic !== undefined) this.topics.delete(topic)
  }

  private changed(topic: Topic, what: TopicChange): void {
    const { host, writer } = this
    const exchange = this.of(topic)
    if (what === 'deleted') {
      if (exchange !== null) host.removeExchange(exchange)
    } else if (exchange !== null) {
      exchange.arguments = argumentsOf(topic)
    } else if (!host.exchanges.has(topic.name)) {
      const options = { durable: true, autoDelete: false, internal: topic.internal, arguments: argumentsOf(topic) }
      host.addExchange(new LogExchange(topic.name, options, writer.target(topic, null)))
    }
  }
}

function argumentsOf(topic: Topic): Headers {
  return { [PARTITIONS_ARGUMENT]: topic.partitions.length }
}

/** @throws Refusal precondition-failed */
function partitionsIn(name: string, vhost: string, args: Headers): number {
  const given = args[PARTITIONS_ARGUMENT]
  if (given === undefined) return -1
  const count = typeof given === 'bigint' ? Number(given) : given
  if (typeof count === 'number' && Number.isSafeInteger(count) && count > 0) return count
  const text = `invalid arg '${PARTITIONS_ARGUMENT}' for exchange '${name}' in vhost '${vhost}': found ${String(given)}, wanted a positive integer`
  throw new Refusal('precondition-failed', text)
}

/** @throws Refusal precondition-failed; not for a setting that topics have not, or a value that makes no sense */
function configsIn(name: string, vhost: string, args: Headers): readonly Config[] {
  const given = args[CONFIGS_ARGUMENT]
  const isStream = STREAM_ARGUMENTS.some((argument) => argument in args)
  if (given === undefined) return isStream ? streamConfigs(args) : amqpConfigs
  const entries = isTable(given) ? Object.entries(given) : null
  if (!isStream && entries?.every(([, value]) => typeof value === 'string')) {
    return entries.map(([config, value]) => ({ name: config, value: value as string }))
  }
  const wanted = isStream ? `no other setting beside it` : 'a table of texts'
  const text = `invalid arg '${CONFIGS_ARGUMENT}' for exchange '${name}' in vhost '${vhost}': wanted ${wanted}`
  throw new Refusal('precondition-failed', text)
}

function isTable(value: HeaderValue): value is Headers {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isObject && !(value instanceof Uint8Array) && !isTyped(value)
}
