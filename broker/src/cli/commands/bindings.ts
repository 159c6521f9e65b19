/** `signalbox bindings`: which queue or exchange gets what of which exchange. */
import type { Command } from 'commander'
import { address, type BrokerApi } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import { defineList } from '../listing.ts'
import { argumentsFrom } from '../quantities.ts'
import { columnsOf, shown } from '../rows.ts'
import { onBroker } from '../session.ts'

const LISTED = ['source', 'destination', 'destination_type', 'routing_key', 'arguments']

interface BindingOptions {
  readonly key?: string
  readonly toExchange?: true
  readonly argument?: Record<string, unknown>
}

interface BindingRow extends Readonly<Record<string, unknown>> {
  readonly routing_key: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly properties_key: string
}

export function define(command: Command): void {
  defineList(command, { of: 'bindings', columns: LISTED, spare: ['destination_type', 'arguments'], inVhosts: true })
  defineShow(command)
  defineCreate(command)
  defineDelete(command)
}

function ends(command: Command, verb: string, description: string): Command {
  return command
    .command(`${verb} <source> <destination>`)
    .description(description)
    .option('--to-exchange', 'the destination is an exchange and not a queue')
}

function defineShow(command: Command): void {
  const show = ends(command, 'show', 'Shows the bindings between an exchange and a destination.')
  onBroker(show, async ({ api, out, vhost }, options: BindingOptions, source: string, destination: string) => {
    const rows = await api.get<BindingRow[]>(pathOf(vhost, source, destination, options))
    if (rows.length === 0) throw none(source, destination)
    out.list(rows, columnsOf(LISTED, rows))
  })
}

function defineCreate(command: Command): void {
  const create = ends(command, 'create', 'Binds a queue, or another exchange, to an exchange.')
    .option('--key <routing-key>', 'the routing key, or a pattern', '')
    .option('--argument <key=value>', 'an argument, such as those of headers exchanges', argumentsFrom)
  onBroker(create, async ({ api, out, vhost }, options: BindingOptions, source: string, destination: string) => {
    const { key = '', argument = {} } = options
    await api.post(pathOf(vhost, source, destination, options), { routing_key: key, arguments: argument })
    const binding = { source, destination, routing_key: key, arguments: argument }
    out.say(`${source} → ${destination} bound`, { ...binding, vhost, created: true })
  })
}

function defineDelete(command: Command): void {
  const remove = ends(
    command,
    'delete',
    'Deletes a binding: the only one, or the one with this key and these arguments.',
  )
    .option('--key <routing-key>', 'the routing key')
    .option('--argument <key=value>', 'an argument', argumentsFrom)
  onBroker(remove, async ({ api, out, vhost }, options: BindingOptions, source: string, destination: string) => {
    const path = pathOf(vhost, source, destination, options)
    const { routing_key, properties_key, arguments: args } = await theOne(api, path, options, [source, destination])
    await api.delete(path + address`/${properties_key}`)
    const binding = { source, destination, routing_key, arguments: args }
    out.say(`${source} → ${destination} unbound`, { ...binding, vhost, deleted: true })
  })
}

async function theOne(
  api: BrokerApi,
  path: string,
  { key, argument }: BindingOptions,
  [source, destination]: readonly [string, string],
): Promise<BindingRow> {
  const all = await api.get<BindingRow[]>(path)
  const meant = all.filter(
    (row) =>
      (key === undefined || row.routing_key === key) &&
      (argument === undefined || shown(sorted(row.arguments)) === shown(sorted(argument))),
  )
  if (meant.length === 0) throw none(source, destination)
  if (meant.length === 1) return meant[0]!
  const keys = meant.map((row) => `  --key '${row.routing_key}' ${shown(row.arguments)}`.trimEnd())
  throw new CommandError(`${source} and ${destination} have ${meant.length} such bindings:\n${keys.join('\n')}`)
}

function sorted(table: object): object {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function none(source: string, destination: string): CommandError {
  return new CommandError(`there is no such binding of ${destination} to ${source}`)
}

function pathOf(vhost: string, source: string, destination: string, { toExchange }: BindingOptions): string {
  return address`/api/bindings/${vhost}/e/${source}/${toExchange ? 'e' : 'q'}/${destination}`
}
