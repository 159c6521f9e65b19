/** `signalbox vhosts`: virtual hosts, listed, shown, made and deleted. */
import { type Command, Option } from 'commander'
import { address } from '../broker-api.ts'
import { defineList } from '../listing.ts'
import { fieldsOf, type Row } from '../rows.ts'
import { onBroker } from '../session.ts'

const LISTED = ['name', 'description', 'tags', 'default_queue_type', 'messages', 'tracing', 'protected_from_deletion']
const SHOWN = [...LISTED, 'messages_ready', 'messages_unacknowledged', 'recv_oct', 'send_oct']

export function define(command: Command): void {
  defineList(command, { of: 'vhosts', columns: LISTED, inVhosts: false })
  const show = command.command('show <name>').description('Shows a virtual host.')
  onBroker(show, async ({ api, out }, _: object, name: string) => {
    const row = await api.get<Row>(address`/api/vhosts/${name}`)
    out.show(row, fieldsOf(row, SHOWN))
  })
  const create = command
    .command('create <name>')
    .description('Makes a virtual host that whoever makes it may use, or changes one.')
    .option('--description <text>', 'what it is for')
    .option('--tags <tags>', 'tags, with commas')
    .addOption(
      new Option('--default-queue-type <type>', 'of queues that name none').choices(['classic', 'quorum', 'stream']),
    )
  type NewVhost = { description?: string; tags?: string; defaultQueueType?: string }
  onBroker(create, async ({ api, out }, { description, tags, defaultQueueType }: NewVhost, name: string) => {
    const vhost = {
      ...(description !== undefined && { description }),
      ...(tags !== undefined && { tags: tags.split(',').filter((tag) => tag !== '') }),
      ...(defaultQueueType !== undefined && { default_queue_type: defaultQueueType }),
    }
    const created = await api.put(address`/api/vhosts/${name}`, vhost)
    out.say(`vhost ${name} ${created ? 'created' : 'is there already'}`, { vhost: name, created, ...vhost })
  })
  const remove = command.command('delete <name>').description('Deletes a virtual host with all that is in it.')
  onBroker(remove, async ({ api, out }, _: object, name: string) => {
    await api.delete(address`/api/vhosts/${name}`)
    out.say(`vhost ${name} deleted`, { vhost: name, deleted: true })
  })
}
