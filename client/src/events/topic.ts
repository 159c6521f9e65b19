/** A topic: what happened, published once and handed to everybody who subscribed. */
import type { Declaration } from '../connection/topology.ts'
import type { Core } from '../core.ts'
import { checked, type InputOf, type Schema, type Schemas, type Untyped } from '../message/schema.ts'
import { DeadLetters } from '../receiving/dead-letters.ts'
import { ORDERING_KEY } from '../receiving/headers.ts'
import { checkFirstName, checkName } from '../receiving/names.ts'
import { queueName } from '../receiving/work-queue.ts'
import type { Stoppable } from '../stoppable.ts'
import { type EventOf, KEY_HEADER, NAME_HEADER, nameOf } from './event.ts'
import type { Memberships } from './memberships.ts'
import { type SubscribeOptions, subscribe } from './subscribe.ts'
import { againName, bindings, type Retention, topicDeclaration } from './topology.ts'

export interface TopicOptions<Events extends Schemas = Schemas> {
  /** Schemas by event name: data is checked where it is published and where it arrives. Other names are refused then. */
  readonly events?: Events
  /** How many the topic is made with; what it has already stays. Default: the broker's, 1. Signalbox. */
  readonly partitions?: number
  /** When the topic is made. Default: the broker's. Signalbox. */
  readonly retention?: Retention
}

export interface PublishOptions {
  /** Events of one key are in order, and in one partition: what the event is about, for instance an order's number. */
  readonly key?: string | undefined
  readonly headers?: Readonly<Record<string, unknown>> | undefined
  /** Default: a random UUID. */
  readonly messageId?: string | undefined
}

export class Topic<Known = Untyped> {
  readonly name: string
  private readonly core: Core
  private readonly memberships: Memberships
  private readonly graceMs: number
  private readonly schemas: Schemas | undefined
  private readonly declaration: Declaration

  /** Use `client.topic`. */
  constructor(core: Core, memberships: Memberships, graceMs: number, name: string, options: TopicOptions) {
    checkFirstName('topic', name)
    this.core = core
    this.memberships = memberships
    this.graceMs = graceMs
    this.name = name
    this.schemas = options.events
    this.declaration = topicDeclaration(name, options, core.broker)
  }

  /**
   * Resolves when the broker has the event: Signalbox keeps it durably, whoever listens; RabbitMQ hands it to those that
   * subscribed. @returns its message id
   * @throws Invalid; TypeError for an event that the topic does not have; PublishRefused, NotConfirmed
   */
  async publish<Name extends keyof Known & string>(
    event: Name,
    data: InputOf<Known, Name>,
    { key, headers, messageId }: PublishOptions = {},
  ): Promise<string> {
    const { core, name, schemas } = this
    if (schemas !== undefined) await checked(schemaOf(name, schemas, event), data, `event '${event}'`)
    await core.declare([this.declaration])
    return core.send({
      operation: { kind: 'publish', destination: name, name: event },
      exchange: name,
      routingKey: event,
      data,
      headers: { ...headers, ...(key !== undefined && { [KEY_HEADER]: key, [ORDERING_KEY]: key }) },
      ...(messageId !== undefined && { properties: { messageId } }),
    })
  }

  /**
   * Hands events to a handler as they come. With a `group` each event goes to one of its members, whoever of them is
   * there, is tried again if the handler fails, and at last becomes a dead letter of the group. Without one this
   * subscription gets all events while it lives; what its handler throws is told to the client.
   * @param pattern names of events, where `*` is one word and `#` any number; all members of a group name the same
   * @throws UnsupportedByBroker, DeclareRefused where the group was declared otherwise
   */
  async subscribe<const Pattern extends string>(
    pattern: Pattern | readonly Pattern[],
    handler: (event: EventOf<Known, Pattern>) => unknown,
    options: SubscribeOptions = {},
  ): Promise<Stoppable> {
    const { core, memberships, graceMs, name, schemas, declaration } = this
    const patterns = (typeof pattern === 'string' ? [pattern] : pattern) as readonly string[]
    await core.declareForConsumer([declaration])
    const find = schemas && ((event: string) => schemaOf(name, schemas, event))
    return subscribe(
      { core, memberships, graceMs, topic: name, patterns, schemaOf: find, handler: handler as never },
      options,
    )
  }

  /** The events that a group gave up. */
  dead(group: string): DeadLetters {
    checkName('group', group)
    const { core, name } = this
    return new DeadLetters({
      core,
      queue: name,
      name: group,
      ready: async () => {},
      nameOf,
      // One of the two is there: nobody can publish to a queue over a topic.
      back: (letter) => ({
        exchange: '',
        routingKey: queueName(name, group),
        headers: { [NAME_HEADER]: nameOf(letter), BCC: [againName(name, group)] },
      }),
    })
  }

  /** Ends what an earlier version of a group subscribed to: its queue gets no more events by that pattern. */
  async unbind(group: string, pattern: string): Promise<void> {
    checkName('group', group)
    const { core, name } = this
    core.forget(bindings(name, queueName(name, group), [pattern]))
    await core.withChannel((channel) => channel.unbindQueue(queueName(name, group), name, pattern))
  }
}

function schemaOf(topic: string, schemas: Schemas, event: string): Schema {
  const schema = Object.hasOwn(schemas, event) ? schemas[event] : undefined
  if (schema === undefined) throw new TypeError(`topic '${topic}' has no event '${event}'`)
  return schema
}
