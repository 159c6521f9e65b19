/** `signalbox exchanges`: listed, shown, made and deleted. */
import type { Command } from 'commander'
import { Option } from 'commander'
import { address } from '../broker-api.ts'
import { defineList, defineShow } from '../listing.ts'
import { argumentsFrom } from '../quantities.ts'
import { onBroker } from '../session.ts'

const LISTED = ['name', 'type', 'durable', 'auto_delete', 'internal', 'policy']

const SPARE = ['internal', 'auto_delete', 'durable', 'policy']

const SHOWN = [
  'name',
  'vhost',
  'type',
  'durable',
  'auto_delete',
  'internal',
  'arguments',
  'policy',
  'operator_policy',
  'effective_policy_definition',
  'delayed',
  'message_stats.publish_in',
  'message_stats.publish_out',
  'message_stats.publish_in_details.rate',
  'message_stats.publish_out_details.rate',
]

interface NewExchange {
  readonly type: string
  readonly transient?: true
  readonly autoDelete?: true
  readonly internal?: true
  readonly alternateExchange?: string
  readonly argument?: Record<string, unknown>
}

export function define(command: Command): void {
  defineList(command, { of: 'exchanges', columns: LISTED, spare: SPARE, inVhosts: true })
  defineShow(command, { of: 'exchanges', one: 'exchange', fields: SHOWN, inVhosts: true })
  defineCreate(command)
  const remove = command
    .command('delete <exchange>')
    .description('Deletes an exchange with its bindings.')
    .option('--if-unused', 'only if nothing is bound to it')
  onBroker(remove, async ({ api, out, vhost }, { ifUnused }: { ifUnused?: true }, name: string) => {
    await api.delete(address`/api/exchanges/${vhost}/${name}` + (ifUnused ? '?if-unused=true' : ''))
    out.say(`exchange ${name} deleted`, { exchange: name, vhost, deleted: true })
  })
}

function defineCreate(command: Command): void {
  const create = command
    .command('create <exchange>')
    .description('Makes an exchange; one that is there already must be as it is wanted.')
    .option('--type <type>', 'direct, fanout, topic, headers or any other that the broker has', 'direct')
    .addOption(new Option('--durable', 'outlives the broker (so without this flag)').conflicts('transient'))
    .option('--transient', 'is gone with the broker')
    .option('--auto-delete', 'is gone with its last binding')
    .option('--internal', 'takes messages from other exchanges only')
    .option('--alternate-exchange <exchange>', 'where messages go that nothing here takes')
    .option('--argument <key=value>', 'any other argument, once for each; JSON or text', argumentsFrom)
  onBroker(create, async ({ api, out, vhost }, options: NewExchange, name: string) => {
    const { type, alternateExchange } = options
    const exchange = {
      type,
      durable: !options.transient,
      auto_delete: options.autoDelete ?? false,
      internal: options.internal ?? false,
      arguments: {
        ...(alternateExchange !== undefined && { 'alternate-exchange': alternateExchange }),
        ...options.argument,
      },
    }
    const created = await api.put(address`/api/exchanges/${vhost}/${name}`, exchange)
    const text = created ? `exchange ${name} created` : `exchange ${name} is there already`
    out.say(text, { exchange: name, vhost, created, ...exchange })
  })
}
