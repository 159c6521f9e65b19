/** `signalbox schedules`: exchanges of type `x-schedule`, which publish a message of their own at times of their own. */
import { type Command, Option } from 'commander'
import { address } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import { argumentsFrom, durationMs, shownDuration } from '../quantities.ts'
import { columnsOf, fieldsOf, type Row } from '../rows.ts'
import { onBroker, type Session } from '../session.ts'

const LISTED = ['name', 'when', 'timezone', 'next', 'last', 'fired']
const SHOWN = [
  'name',
  'vhost',
  'when',
  'timezone',
  'missed',
  'next',
  'last',
  'fired',
  'routing_key',
  'payload',
  'properties',
]

interface Exchange {
  readonly name: string
  readonly vhost: string
  readonly type: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly schedule?: { readonly next_at: number | null; readonly last_at: number | null; readonly fired: number }
}

interface NewSchedule {
  readonly cron?: string
  readonly every?: number
  readonly timezone?: string
  readonly missed?: string
  readonly routingKey?: string
  readonly payload?: string
  readonly property?: Record<string, unknown>
  readonly to?: string
}

export function define(command: Command): void {
  const list = command.command('list').description('Lists schedules, when they tick next, and how often they have.')
  onBroker(list, async ({ api, out, vhost }) => {
    const exchanges = await api.get<Exchange[]>(
      address`/api/exchanges/${vhost}?columns=name,vhost,type,arguments,schedule`,
    )
    const schedules = exchanges.filter(({ type }) => type === 'x-schedule')
    // JSON is what the API says; a table has times that people read.
    const rows: Row[] = out.json ? schedules.map((one) => ({ ...one })) : schedules.map(plain)
    out.list(rows, columnsOf(LISTED, rows))
  })
  const show = command.command('show <schedule>').description('Shows a schedule and its message.')
  onBroker(show, async (session, _: object, name: string) => {
    const schedule = await existing(session, name)
    session.out.show(schedule, fieldsOf(plain(schedule), SHOWN))
  })
  defineCreate(command)
  const run = command
    .command('run <schedule>')
    .description('Publishes the message of a schedule now, beside its ticks.')
  onBroker(run, async (session, _: object, name: string) => {
    const routed = await publishNow(session, await existing(session, name))
    session.out.say(`schedule ${name} run${routed ? '' : ', but nothing is bound to it'}`, { schedule: name, routed })
  })
  const remove = command.command('delete <schedule>').description('Deletes a schedule.')
  onBroker(remove, async (session, _: object, name: string) => {
    const { api, out, vhost } = session
    await existing(session, name)
    await api.delete(address`/api/exchanges/${vhost}/${name}`)
    out.say(`schedule ${name} deleted`, { schedule: name, vhost, deleted: true })
  })
}

function defineCreate(command: Command): void {
  const create = command
    .command('create <schedule>')
    .description('Makes a schedule; one that is there is as these options say from then on.')
    .addOption(new Option('--cron <fields>', 'when: five fields, or six with seconds').conflicts('every'))
    .option('--every <duration>', 'how often instead, such as 30s', durationMs)
    .option('--timezone <name>', 'of the fields, such as Europe/Berlin (UTC without)')
    .addOption(
      new Option('--missed <what>', 'after a downtime: one message for all ticks, or none').choices(['once', 'skip']),
    )
    .option('--routing-key <key>', 'of its message')
    .option('--payload <text>', 'of its message')
    .option('--property <key=value>', 'of its message, once for each: content_type, priority, headers …', argumentsFrom)
    .option('--to <queue>', 'a queue to bind to it')
  onBroker(create, async ({ api, out, vhost }, options: NewSchedule, name: string) => {
    if (options.cron === undefined && options.every === undefined) create.error('error: --cron or --every is needed')
    const schedule = { type: 'x-schedule', durable: true, arguments: scheduleArguments(options) }
    const { to } = options
    if (to !== undefined) await api.get(address`/api/queues/${vhost}/${to}?columns=name`)
    const created = await api.put(address`/api/exchanges/${vhost}/${name}`, schedule)
    if (to !== undefined) await api.post(address`/api/bindings/${vhost}/e/${name}/q/${to}`, { routing_key: '' })
    out.say(`schedule ${name} ${created ? 'created' : 'is as wanted'}`, {
      schedule: name,
      vhost,
      created,
      ...schedule,
    })
  })
}

function scheduleArguments(options: NewSchedule): Record<string, unknown> {
  const flags = {
    'x-cron': options.cron,
    'x-every': options.every,
    'x-timezone': options.timezone,
    'x-missed': options.missed,
    'x-routing-key': options.routingKey,
    'x-payload': options.payload,
    'x-properties': options.property,
  }
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined))
}

async function existing({ api, vhost }: Session, name: string): Promise<Exchange> {
  const exchange = await api.get<Exchange>(address`/api/exchanges/${vhost}/${name}`)
  if (exchange.type !== 'x-schedule')
    throw new CommandError(`${name} is an exchange of type ${exchange.type} and no schedule`)
  return exchange
}

async function publishNow({ api, vhost }: Session, { name, arguments: args }: Exchange): Promise<boolean> {
  const message = {
    routing_key: args['x-routing-key'] ?? '',
    payload: args['x-payload'] ?? '',
    payload_encoding: args['x-payload-encoding'] ?? 'string',
    properties: { delivery_mode: 2, ...(args['x-properties'] as object | undefined) },
  }
  return (await api.post<{ routed: boolean }>(address`/api/exchanges/${vhost}/${name}/publish`, message)).routed
}

function plain({ name, vhost, arguments: args, schedule }: Exchange): Row {
  const every = args['x-every']
  return {
    name,
    vhost,
    when: every === undefined ? args['x-cron'] : `every ${shownDuration(Number(every))}`,
    timezone: every === undefined ? (args['x-timezone'] ?? 'UTC') : null,
    missed: args['x-missed'] ?? 'once',
    next: momentOf(schedule?.next_at),
    last: momentOf(schedule?.last_at),
    fired: schedule?.fired,
    routing_key: args['x-routing-key'],
    payload: args['x-payload'],
    properties: args['x-properties'],
  }
}

function momentOf(ms: number | null | undefined): string | null {
  return ms == null ? null : new Date(ms).toISOString()
}
