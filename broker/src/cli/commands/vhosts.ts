/** `signalbox vhosts`: virtual hosts, listed, shown, made and deleted. */
import { type Command, Option } from 'commander'
import { address } from '../broker-api.ts'
import { defineList, defineShow } from '../listing.ts'
import { onBroker } from '../session.ts'

const LISTED = ['name', 'description', 'tags', 'default_queue_type', 'messages', 'tracing', 'protected_from_deletion']
const SPARE = ['protected_from_deletion', 'tracing', 'default_queue_type', 'tags']
const SHOWN = [...LISTED, 'messages_ready', 'messages_unacknowledged', 'recv_oct', 'send_oct']

export function define(command: Command): void {
  defineList(command, { of: 'vhosts', columns: LISTED, spare: SPARE, inVhosts: false })
  defineShow(command, { of: 'vhosts', one: 'vhost', fields: SHOWN, inVhosts: false })
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
