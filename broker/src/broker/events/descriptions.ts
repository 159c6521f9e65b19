/**
 * What each event says: its routing key and its headers, under the names that RabbitMQ's event exchange uses. Where
 * RabbitMQ writes process ids, names stand here; where it writes Erlang terms, tables.
 */
import type { User } from '../access/access.ts'
import type { Permission, TopicPermission } from '../access/grant.ts'
import type { AlarmSource } from '../alarms.ts'
import type { ClientConnection } from '../connections.ts'
import type { UserLimits, VhostLimits } from '../limits/limits.ts'
import type { Queue } from '../queue/queue.ts'
import type { Exchange } from '../routing/exchange.ts'
import type { Headers, HeaderValue } from '../routing/headers.ts'
import type { RouteTarget } from '../routing/target.ts'
import type { StreamQueue } from '../stream/stream-queue.ts'
import type { Vhost } from '../vhost.ts'

interface ChannelSubject {
  readonly number: number
  readonly connection: ClientConnection
}

interface ConsumerSubject {
  readonly tag: string
  readonly noAck: boolean
  readonly exclusive: boolean
  readonly prefetch: number
  readonly arguments: Headers
  readonly queue: Pick<Queue, 'name' | 'vhost'>
  readonly channel: ChannelSubject
}

export interface BindingSubject {
  readonly vhost: string
  readonly source: string
  readonly destination: RouteTarget
  readonly key: string
  readonly arguments: Headers
}

interface LoginSubject {
  readonly name: string
  readonly connectionName: string
  readonly mechanism: string
  readonly peer: {
    readonly address: string
    readonly port: number
    readonly localAddress: string
    readonly tls: unknown
  }
}

interface ParameterSubject {
  readonly vhost?: string
  readonly component: string
  readonly name: string
  readonly value: unknown
}

interface PolicySubject {
  readonly vhost: string
  readonly name: string
  readonly pattern: string
  readonly applyTo: string
  readonly priority: number
  readonly definition: object
}

interface QueuePolicySubject {
  readonly queue: Queue
  readonly policy: PolicySubject
}

export const descriptions = {
  'queue.created': (queue: Queue | StreamQueue) => ({
    name: queue.name,
    vhost: queue.vhost,
    durable: queue.durable,
    auto_delete: queue.autoDelete,
    exclusive: queue.exclusiveTo !== null,
    arguments: queue.arguments,
  }),
  'queue.deleted': ({ name, vhost }: Queue | StreamQueue) => ({ name, vhost }),
  'exchange.created': ({ vhost, exchange }: { vhost: string; exchange: Exchange }) => ({
    name: exchange.name,
    vhost,
    type: exchange.type,
    durable: exchange.durable,
    auto_delete: exchange.autoDelete,
    internal: exchange.internal,
    arguments: exchange.arguments,
  }),
  'exchange.deleted': ({ vhost, exchange }: { vhost: string; exchange: Exchange }) => ({ name: exchange.name, vhost }),
  'binding.created': binding,
  'binding.deleted': binding,
  'vhost.created': describeVhost,
  'vhost.updated': describeVhost,
  'vhost.deleted': ({ name }: Vhost) => ({ name }),
  'vhost.limits.set': ({ vhost, limits }: { vhost: string; limits: VhostLimits }) => ({
    name: 'limits',
    vhost,
    ...limits,
  }),
  'vhost.limits.cleared': ({ vhost }: { vhost: string }) => ({ name: 'limits', vhost }),
  'connection.created': (connection: ClientConnection) => ({
    ...connection.describe(),
    name: connection.name,
    user: connection.user,
    vhost: connection.vhost,
    connected_at: connection.connectedAt,
    user_who_performed_action: connection.user,
  }),
  'connection.closed': (connection: ClientConnection) => {
    const { client_properties = {}, node = '', ...described } = connection.describe()
    const provided = described.user_provided_name
    return {
      name: connection.name,
      node,
      client_properties,
      ...(provided !== undefined && { user_provided_name: provided }),
    }
  },
  'channel.created': channel,
  'channel.closed': channel,
  'consumer.created': ({ noAck, exclusive, prefetch, ...consumer }: ConsumerSubject) => ({
    ...describeConsumer(consumer),
    exclusive,
    ack_required: !noAck,
    prefetch_count: prefetch,
    arguments: consumer.arguments,
  }),
  'consumer.deleted': describeConsumer,
  'user.authentication.success': login,
  'user.authentication.failure': (subject: LoginSubject) => ({
    ...login(subject),
    error: `user '${subject.name}' - invalid credentials`,
  }),
  'user.created': ({ name }: User) => ({ name }),
  'user.deleted': ({ name }: User) => ({ name }),
  'user.password.changed': ({ name }: User) => ({ name }),
  'user.password.cleared': ({ name }: User) => ({ name }),
  'user.tags.set': ({ name, tags }: User) => ({ name, tags }),
  'user.limits.set': ({ name, limits }: { name: string; limits: UserLimits }) => ({
    name: 'limits',
    username: name,
    ...limits,
  }),
  'user.limits.cleared': ({ name }: User) => ({ name: 'limits', username: name }),
  'permission.created': ({ user, vhost, configure, write, read }: Permission) => ({
    user,
    vhost,
    configure,
    write,
    read,
  }),
  'permission.deleted': ({ user, vhost }: Permission) => ({ user, vhost }),
  'topic.permission.created': ({ user, vhost, exchange, write, read }: TopicPermission) => ({
    user,
    vhost,
    exchange,
    write,
    read,
  }),
  'topic.permission.deleted': ({ user, vhost, exchange }: TopicPermission) => ({ user, vhost, exchange }),
  'parameter.set': (parameter: ParameterSubject) => ({ ...parameterName(parameter), value: plain(parameter.value) }),
  'parameter.cleared': parameterName,
  'policy.set': policy,
  'policy.cleared': ({ name, vhost }: PolicySubject) => ({ name, vhost }),
  'operator.policy.cleared': ({ name, vhost }: PolicySubject) => ({ name, vhost }),
  'queue.policy.updated': (subject: QueuePolicySubject) => ({
    ...policy(subject.policy),
    name: subject.queue.name,
    vhost: subject.queue.vhost,
  }),
  'queue.policy.cleared': ({ name, vhost }: Queue) => ({ name, vhost }),
  'alarm.set': alarm,
  'alarm.cleared': alarm,
} satisfies Record<string, (subject: never) => Headers>

function binding({ vhost, source, destination, key, arguments: args }: BindingSubject): Headers {
  return {
    source_name: source,
    source_kind: 'exchange',
    destination_name: destination.name,
    destination_kind: destination.kind === 'exchange' ? 'exchange' : 'queue',
    routing_key: key,
    vhost,
    arguments: args,
  }
}

function describeVhost({ name, description, tags, defaultQueueType, tracing }: Vhost): Headers {
  return { name, description, tags, default_queue_type: defaultQueueType ?? 'undefined', tracing }
}

function channel({ number, connection: { name, user, vhost } }: ChannelSubject): Headers {
  return { name: `${name} (${number})`, number, connection: name, user, vhost, user_who_performed_action: user }
}

function describeConsumer({ tag, queue, channel: on }: Pick<ConsumerSubject, 'tag' | 'queue' | 'channel'>): Headers {
  return {
    consumer_tag: tag,
    queue: queue.name,
    vhost: queue.vhost,
    channel: `${on.connection.name} (${on.number})`,
    user_who_performed_action: on.connection.user,
  }
}

function login({ name, connectionName, mechanism, peer }: LoginSubject): Headers {
  return {
    name,
    connection_name: connectionName,
    connection_type: 'network',
    protocol: 'AMQP 0-9-1',
    auth_mechanism: mechanism,
    peer_host: peer.address,
    peer_port: peer.port,
    host: peer.localAddress,
    ssl: peer.tls !== null,
  }
}

function parameterName({ vhost, component, name }: ParameterSubject): Headers {
  return { name, component, ...(vhost !== undefined && { vhost }) }
}

function policy({ name, vhost, pattern, applyTo, priority, definition }: PolicySubject): Headers {
  return { name, vhost, pattern, 'apply-to': applyTo, priority, definition: plain(definition) }
}

function alarm({ source, node }: { source: AlarmSource; node: string }): Headers {
  return { source, node }
}

/** JSON as a header: the same values. */
function plain(value: unknown): HeaderValue {
  return (value ?? null) as HeaderValue
}
