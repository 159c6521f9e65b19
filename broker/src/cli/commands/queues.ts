/** `signalbox queues`: queues and streams, listed, shown, made, changed, paused and deleted. */
import type { Command } from 'commander'
import { Option } from 'commander'
import { address } from '../broker-api.ts'
import { defineList, defineShow } from '../listing.ts'
import { argumentsFrom, durationMs, sizeBytes, wholeNumber } from '../quantities.ts'
import { onBroker } from '../session.ts'

const LISTED = [
  'name',
  'type',
  'durable',
  'messages',
  'messages_ready',
  'messages_unacknowledged',
  'consumers',
  'state',
]

const SPARE = ['durable', 'messages_unacknowledged', 'messages_ready', 'type']

const SHOWN = [
  'name',
  'vhost',
  'type',
  'durable',
  'auto_delete',
  'exclusive',
  'state',
  'paused',
  'arguments',
  'policy',
  'operator_policy',
  'effective_policy_definition',
  'source_topic',
  'messages',
  'messages_ready',
  'messages_unacknowledged',
  'message_bytes',
  'held',
  'consumers',
  'message_stats.publish_details.rate',
  'message_stats.deliver_get_details.rate',
  'message_stats.ack_details.rate',
]

interface NewQueue {
  readonly type?: string
  readonly transient?: true
  readonly autoDelete?: true
  readonly argument?: Record<string, unknown>
  readonly messageTtl?: number
  readonly expires?: number
  readonly maxLength?: number
  readonly maxLengthBytes?: number
  readonly deadLetterExchange?: string
  readonly deadLetterRoutingKey?: string
}

export function define(command: Command): void {
  defineList(command, { of: 'queues', columns: LISTED, spare: SPARE, inVhosts: true })
  defineShow(command, { of: 'queues', one: 'queue', fields: SHOWN, inVhosts: true })
  defineCreate(command)
  defineAlter(command)
  defineDelete(command)
  definePauses(command)
}

function defineCreate(command: Command): void {
  const create = command
    .command('create <queue>')
    .description('Makes a queue; one that is there already must be as it is wanted.')
    .addOption(new Option('--type <type>', 'the type').choices(['classic', 'quorum', 'stream']))
    .addOption(new Option('--durable', 'outlives the broker (so without this flag)').conflicts('transient'))
    .option('--transient', 'is gone with the broker')
    .option('--auto-delete', 'is gone with its last consumer')
    .option('--message-ttl <duration>', 'how long a message lives', durationMs)
    .option('--expires <duration>', 'how long the queue lives unused', durationMs)
    .option('--max-length <count>', 'how many messages it holds', wholeNumber)
    .option('--max-length-bytes <size>', 'how much it holds', sizeBytes)
    .option('--dead-letter-exchange <exchange>', 'where dead letters go; "" is the default exchange')
    .option('--dead-letter-routing-key <key>', 'their routing key; for the default exchange the name of a queue')
    .option('--argument <key=value>', 'any other argument, once for each; JSON or text', argumentsFrom)
  onBroker(create, async ({ api, out, vhost }, options: NewQueue, name: string) => {
    const queue = {
      durable: !options.transient,
      auto_delete: options.autoDelete ?? false,
      arguments: queueArguments(options),
    }
    const created = await api.put(address`/api/queues/${vhost}/${name}`, queue)
    const text = created ? `queue ${name} created` : `queue ${name} is there already`
    out.say(text, { queue: name, vhost, created, ...queue })
  })
}

function queueArguments(options: NewQueue): Record<string, unknown> {
  const flags = {
    'x-queue-type': options.type,
    'x-message-ttl': options.messageTtl,
    'x-expires': options.expires,
    'x-max-length': options.maxLength,
    'x-max-length-bytes': options.maxLengthBytes,
    'x-dead-letter-exchange': options.deadLetterExchange,
    'x-dead-letter-routing-key': options.deadLetterRoutingKey,
  }
  const given = Object.entries(flags).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(given), ...options.argument }
}

function defineAlter(command: Command): void {
  const alter = command
    .command('alter <queue>')
    .description('Changes arguments of a queue in place; null takes one away.')
    .requiredOption('--argument <key=value>', 'the argument, once for each; JSON or text', argumentsFrom)
  onBroker(alter, async ({ api, out, vhost }, options: { argument: Record<string, unknown> }, name: string) => {
    await api.patch(address`/api/queues/${vhost}/${name}`, { arguments: options.argument })
    out.say(`queue ${name} changed`, { queue: name, vhost, altered: options.argument })
  })
}

function defineDelete(command: Command): void {
  const remove = command
    .command('delete <queue>')
    .description('Deletes a queue with its messages.')
    .option('--if-empty', 'only without messages')
    .option('--if-unused', 'only without consumers')
  onBroker(remove, async ({ api, out, vhost }, options: { ifEmpty?: true; ifUnused?: true }, name: string) => {
    const query = new URLSearchParams()
    if (options.ifEmpty) query.set('if-empty', 'true')
    if (options.ifUnused) query.set('if-unused', 'true')
    await api.delete(`${address`/api/queues/${vhost}/${name}`}?${query}`)
    out.say(`queue ${name} deleted`, { queue: name, vhost, deleted: true })
  })
}

function definePauses(command: Command): void {
  for (const [action, done, does] of [
    ['pause', 'paused', 'Stops a queue from handing out messages; it goes on taking them.'],
    ['resume', 'resumed', 'Lets a paused queue hand out messages again.'],
  ] as const) {
    const pause = command.command(`${action} <queue>`).description(does)
    onBroker(pause, async ({ api, out, vhost }, _: object, name: string) => {
      await api.put(`${address`/api/queues/${vhost}/${name}`}/${action}`)
      out.say(`queue ${name} ${done}`, { queue: name, vhost, paused: action === 'pause' })
    })
  }
}
