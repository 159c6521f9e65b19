/** `signalbox groups`: consumer groups of topics, what they have read and what not. They come to be when they are joined, or when offsets are set for them. */
import type { Command } from 'commander'
import { InvalidArgumentError, Option } from 'commander'
import { systemClock } from '../../base/clock.ts'
import { ApiError, address } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import { defineList } from '../listing.ts'
import { momentMs, type Start, startFrom, wholeNumber } from '../quantities.ts'
import { columnsOf, fieldsOf, type Row } from '../rows.ts'
import { onBroker, type Session } from '../session.ts'

const LISTED = ['name', 'type', 'state', 'members', 'topics', 'lag']
const SHOWN = ['name', 'vhost', 'type', 'state', 'generation', 'assignor', 'lag', 'lag_details.rate']
const MEMBER = ['member_id', 'instance_id', 'client_id', 'host']
const OFFSET = ['topic', 'partition', 'committed', 'end_offset', 'lag', 'member_id']
const RESET = ['topic', 'partition', 'offset']

interface Group extends Row {
  readonly members: readonly Row[]
  readonly offsets: readonly Row[]
}

interface ResetOptions {
  readonly topic: string
  readonly partition?: number
  readonly toEarliest?: true
  readonly toLatest?: true
  readonly toOffset?: number
  readonly toDatetime?: number
  readonly shiftBy?: number
}

/** As the API has it; times in ms since 1970. */
type OffsetTarget = 'earliest' | 'latest' | { offset: number } | { time: number } | { shift: number }

export function define(command: Command): void {
  defineList(command, { of: 'groups', columns: LISTED, inVhosts: true })
  const show = command.command('show <group>').description('Shows a group: its members, offsets and lag.')
  onBroker(show, async ({ api, out, vhost }, _: object, name: string) => {
    const group = await api.get<Group>(address`/api/groups/${vhost}/${name}`)
    out.show(group, fieldsOf(group, SHOWN))
    if (out.json) return
    for (const [rows, columns] of [
      [group.members, MEMBER],
      [group.offsets, OFFSET],
    ] as const) {
      if (rows.length === 0) continue
      out.text('')
      out.table(rows, columnsOf(columns, rows))
    }
  })
  defineCreate(command)
  defineReset(command)
  const remove = command.command('delete <group>').description('Deletes a group that has no members, and its offsets.')
  onBroker(remove, async ({ api, out, vhost }, _: object, name: string) => {
    await api.delete(address`/api/groups/${vhost}/${name}`)
    out.say(`group ${name} deleted`, { group: name, vhost, deleted: true })
  })
}

function defineCreate(command: Command): void {
  const create = command
    .command('create <group>')
    .description('Makes a group before its first member comes, by setting where it is to begin.')
    .requiredOption('--topic <topic>', 'a topic that it reads, once for each', (topic, before: string[] = []) => [
      ...before,
      topic,
    ])
    .option(
      '--from <start>',
      'earliest, latest, an offset, or a moment: -1h, 2026-11-23T07:00:00Z',
      (text) => targetFrom(startFrom(text, systemClock.now())),
      'latest',
    )
  type NewGroup = { readonly topic: readonly string[]; readonly from: OffsetTarget }
  onBroker(create, async (session, { topic: topics, from }: NewGroup, group: string) => {
    if (await isThere(session, group)) {
      throw new CommandError(`group ${group} is there already: \`groups reset-offsets\` sets where it goes on`)
    }
    const { api, out, vhost } = session
    for (const topic of topics) await api.get(address`/api/topics/${vhost}/${topic}?columns=name`)
    const offsets: Row[] = []
    for (const topic of topics) offsets.push(...(await setOffsets(session, group, { topic, to: from })))
    out.show({ group, vhost, created: true, offsets }, [['group', `${group} created`]])
    if (out.json) return
    out.text('')
    out.table(offsets, columnsOf(RESET, offsets))
  })
}

function targetFrom(start: Start): OffsetTarget {
  if (typeof start === 'string') return start
  if ('timeMs' in start) return { time: start.timeMs }
  if (start.offset < 0) throw new InvalidArgumentError('An offset is 0 or more.')
  return start
}

async function isThere({ api, vhost }: Session, group: string): Promise<boolean> {
  try {
    await api.get(address`/api/groups/${vhost}/${group}`)
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false
    throw error
  }
}

async function setOffsets({ api, vhost }: Session, group: string, body: object): Promise<Row[]> {
  return (await api.post<{ offsets: Row[] }>(address`/api/groups/${vhost}/${group}/reset-offsets`, body)).offsets
}

const PLACES = ['toEarliest', 'toLatest', 'toOffset', 'toDatetime', 'shiftBy'] as const

function defineReset(command: Command): void {
  const others = (own: string): string[] => PLACES.filter((name) => name !== own)
  const place = (flags: string, description: string): Option => {
    const option = new Option(flags, description)
    return option.conflicts(others(option.attributeName()))
  }
  const reset = command
    .command('reset-offsets <group>')
    .description('Sets where a group without members goes on reading. It is made if it is not there.')
    .requiredOption('--topic <topic>', 'the topic')
    .option('--partition <number>', 'this partition alone', wholeNumber)
    .addOption(place('--to-earliest', 'to the first record'))
    .addOption(place('--to-latest', 'behind the last record'))
    .addOption(place('--to-offset <offset>', 'to this offset').argParser(wholeNumber))
    .addOption(
      place('--to-datetime <moment>', 'to the first record since then: -1h, 2026-11-23T07:00:00Z').argParser((text) =>
        momentMs(text, systemClock.now()),
      ),
    )
    .addOption(place('--shift-by <count>', 'by so many records, back with a minus').argParser(shift))
  onBroker(reset, async (session, options: ResetOptions, group: string) => {
    const { topic, partition } = options
    const to =
      target(options) ??
      reset.error(
        `error: one of ${reset.options
          .slice(2)
          .map(({ long }) => long)
          .join(', ')} is needed`,
      )
    const offsets = await setOffsets(session, group, { topic, ...(partition !== undefined && { partition }), to })
    session.out.list(offsets, columnsOf(RESET, offsets))
  })
}

function target(options: ResetOptions): OffsetTarget | null {
  if (options.toEarliest) return 'earliest'
  if (options.toLatest) return 'latest'
  if (options.toOffset !== undefined) return { offset: options.toOffset }
  if (options.toDatetime !== undefined) return { time: options.toDatetime }
  return options.shiftBy === undefined ? null : { shift: options.shiftBy }
}

function shift(text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw new InvalidArgumentError('A number of records is needed, such as -10.')
  return Number(text)
}
