/** `signalbox topics`: listed, shown with their partitions, made, changed and deleted. */
import type { Command } from 'commander'
import { address } from '../broker-api.ts'
import { defineList } from '../listing.ts'
import { textsFrom, wholeNumber } from '../quantities.ts'
import { columnsOf, fieldsOf, type Row } from '../rows.ts'
import { onBroker } from '../session.ts'

const LISTED = ['name', 'partitions', 'records', 'bytes', 'durability', 'cleanup_policy', 'retention_ms', 'groups']
const SPARE = ['durability', 'retention_ms', 'cleanup_policy', 'groups']
const SHOWN = [
  'name',
  'vhost',
  'id',
  'partitions',
  'records',
  'bytes',
  'durability',
  'cleanup_policy',
  'retention_ms',
  'retention_bytes',
  'bindings',
  'message_stats.publish_details.rate',
  'message_stats.bytes_in_details.rate',
]
const PARTITION = ['partition', 'start_offset', 'end_offset', 'last_stable_offset', 'bytes', 'segments', 'leader_epoch']
const CONFIG = ['name', 'value', 'source', 'default', 'type']

interface Topic extends Row {
  readonly partition_list: readonly Row[]
  readonly groups: readonly { readonly name: string }[]
}

export function define(command: Command): void {
  defineList(command, { of: 'topics', columns: LISTED, spare: SPARE, inVhosts: true })
  const show = command.command('show <topic>').description('Shows a topic, its partitions and the groups that read it.')
  onBroker(show, async ({ api, out, vhost }, _: object, name: string) => {
    const topic = await api.get<Topic>(address`/api/topics/${vhost}/${name}`)
    const groups = topic.groups.map((group) => group.name).join(', ')
    out.show(topic, [...fieldsOf(topic, SHOWN), ['groups', groups || 'none']])
    if (out.json) return
    out.text('')
    out.table(topic.partition_list, columnsOf(PARTITION, topic.partition_list))
  })
  defineCreate(command)
  defineAlter(command)
  const configs = command
    .command('configs <topic>')
    .description('Shows the settings of a topic and where they come from.')
  onBroker(configs, async ({ api, out, vhost }, _: object, name: string) => {
    const rows = await api.get<Row[]>(address`/api/topics/${vhost}/${name}/configs`)
    out.list(rows, columnsOf(CONFIG, rows))
  })
  const remove = command.command('delete <topic>').description('Deletes a topic with its records.')
  onBroker(remove, async ({ api, out, vhost }, _: object, name: string) => {
    await api.delete(address`/api/topics/${vhost}/${name}`)
    out.say(`topic ${name} deleted`, { topic: name, vhost, deleted: true })
  })
}

function defineCreate(command: Command): void {
  const create = command
    .command('create <topic>')
    .description('Makes a topic.')
    .option('--partitions <count>', "how many partitions (the broker's default)", wholeNumber)
    .option('--config <key=value>', 'a setting by its name in Kafka, once for each', textsFrom)
  type NewTopic = { partitions?: number; config?: Record<string, string> }
  onBroker(create, async ({ api, out, vhost }, { partitions, config = {} }: NewTopic, name: string) => {
    await api.put(address`/api/topics/${vhost}/${name}`, { ...(partitions && { partitions }), configs: config })
    out.say(`topic ${name} created`, { topic: name, vhost, created: true, ...(partitions && { partitions }), config })
  })
}

function defineAlter(command: Command): void {
  const alter = command
    .command('alter <topic>')
    .description('Gives a topic more partitions or other settings.')
    .option('--partitions <count>', 'how many partitions in all', wholeNumber)
    .option('--config <key=value>', 'a setting, once for each', textsFrom)
    .option('--unset <key...>', 'settings to go back to their default')
  type Changes = { partitions?: number; config?: Record<string, string>; unset?: string[] }
  onBroker(alter, async ({ api, out, vhost }, { partitions, config, unset = [] }: Changes, name: string) => {
    const changes = { ...config, ...Object.fromEntries(unset.map((key) => [key, null])) }
    if (partitions === undefined && Object.keys(changes).length === 0) {
      alter.error('error: --partitions, --config or --unset is needed')
    }
    if (Object.keys(changes).length > 0) await api.patch(address`/api/topics/${vhost}/${name}/configs`, changes)
    if (partitions !== undefined)
      await api.post(address`/api/topics/${vhost}/${name}/partitions`, { count: partitions })
    out.say(`topic ${name} changed`, { topic: name, vhost, ...(partitions && { partitions }), config: changes })
  })
}
