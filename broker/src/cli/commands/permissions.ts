/** `signalbox permissions`: what users may configure, write and read in a virtual host, and by which routing keys. */
import type { Command } from 'commander'
import { address } from '../broker-api.ts'
import { columnsOf, fieldsOf, type Row } from '../rows.ts'
import { onBroker } from '../session.ts'

const FIELDS = ['user', 'vhost', 'configure', 'write', 'read']
const TOPIC_FIELDS = ['user', 'vhost', 'exchange', 'write', 'read']

interface ListOptions {
  readonly of?: string
  readonly allVhosts?: true
}

export function define(command: Command): void {
  defineList(command, 'list', 'permissions', FIELDS)
  const show = command.command('show <name>').description('Shows what a user may do in the virtual host.')
  onBroker(show, async ({ api, out, vhost }, _: object, user: string) => {
    const row = await api.get<Row>(address`/api/permissions/${vhost}/${user}`)
    out.show(row, fieldsOf(row, FIELDS))
  })
  const set = command
    .command('set <name> <configure> <write> <read>')
    .alias('create')
    .description('Lets a user configure, write and read what these patterns match: ".*" is all, "" is nothing.')
  onBroker(
    set,
    async ({ api, out, vhost }, _: object, user: string, configure: string, write: string, read: string) => {
      await api.put(address`/api/permissions/${vhost}/${user}`, { configure, write, read })
      out.say(`permissions of user ${user} in vhost ${vhost} set`, { user, vhost, configure, write, read })
    },
  )
  const clear = command
    .command('clear <name>')
    .alias('delete')
    .description('Takes a user all permissions in the virtual host.')
  onBroker(clear, async ({ api, out, vhost }, _: object, user: string) => {
    await api.delete(address`/api/permissions/${vhost}/${user}`)
    out.say(`permissions of user ${user} in vhost ${vhost} cleared`, { user, vhost, deleted: true })
  })
  defineTopics(command)
}

function defineTopics(command: Command): void {
  defineList(command, 'list-topic', 'topic-permissions', TOPIC_FIELDS)
  const set = command
    .command('set-topic <name> <exchange> <write> <read>')
    .description('Bounds the routing keys that a user may publish to a topic exchange, and bind with.')
  onBroker(set, async ({ api, out, vhost }, _: object, user: string, exchange: string, write: string, read: string) => {
    await api.put(address`/api/topic-permissions/${vhost}/${user}`, { exchange, write, read })
    out.say(`topic permissions of user ${user} on ${exchange} set`, { user, vhost, exchange, write, read })
  })
  const clear = command
    .command('clear-topic <name> [exchange]')
    .description('Lifts the bounds on routing keys, of all exchanges or of one.')
  onBroker(clear, async ({ api, out, vhost }, _: object, user: string, exchange?: string) => {
    await api.delete(
      address`/api/topic-permissions/${vhost}/${user}` + (exchange === undefined ? '' : address`/${exchange}`),
    )
    out.say(`topic permissions of user ${user} cleared`, { user, vhost, exchange: exchange ?? null, deleted: true })
  })
}

function defineList(command: Command, verb: string, of: string, fields: readonly string[]): void {
  const list = command
    .command(verb)
    .description(`Lists ${of.replace('-', ' ')} in the virtual host.`)
    .option('--of <name>', 'of this user')
    .option('--all-vhosts', 'of all virtual hosts')
  onBroker(list, async ({ api, out, vhost }, options: ListOptions) => {
    const rows = await api.get<Row[]>(options.allVhosts ? `/api/${of}` : `${address`/api/vhosts/${vhost}`}/${of}`)
    const meant = rows.filter(({ user }) => options.of === undefined || user === options.of)
    out.list(meant, columnsOf(fields, meant))
  })
}
