/** `signalbox status`: one look at a broker. What the user may not see is left out, and said to be. */
import type { Command } from 'commander'
import { ApiError, type BrokerApi } from '../broker-api.ts'
import type { Output } from '../output.ts'
import { shownBytes, shownDuration, shownNumber } from '../quantities.ts'
import { onBroker } from '../session.ts'

interface Overview {
  readonly signalbox_version: string
  readonly rabbitmq_version: string
  readonly cluster_name: string
  readonly node: string
  readonly listeners: readonly { protocol: string; name?: string; ip_address: string; port: number }[]
  readonly object_totals: Readonly<Record<string, number>>
  readonly queue_totals?: Readonly<Record<string, number>>
  readonly message_stats?: Readonly<Record<string, { rate: number } | number>>
}

interface Node {
  readonly name: string
  readonly uptime: number
  readonly mem_used: number
  readonly mem_limit: number
  readonly mem_alarm: boolean
  readonly disk_free: number
  readonly disk_free_limit: number
  readonly disk_free_alarm: boolean
}

interface User {
  readonly name: string
  readonly tags: readonly string[]
}

interface Finding {
  readonly severity: 'critical' | 'warning' | 'info'
  readonly vhost?: string
  readonly object?: { readonly kind: string; readonly name: string }
  readonly text: string
}

const RATES = ['publish', 'confirm', 'deliver_get', 'ack'] as const

export function define(command: Command): void {
  command.description(
    'Versions, listeners, memory, disk, alarms, totals and rates of a broker, and what needs attention.',
  )
  onBroker(command, async ({ api, out }) => {
    const [overview, nodes, attention, user] = await Promise.all([
      api.get<Overview>('/api/overview'),
      ifAllowed<Node[]>(api, '/api/nodes'),
      api.get<Finding[]>('/api/attention'),
      api.get<User>('/api/whoami'),
    ])
    const bounds =
      nodes === null ? boundFields(user, await api.get<{ name: string }[]>('/api/vhosts?columns=name')) : []
    out.show({ overview, nodes, attention, user }, [
      ...brokerFields(api, overview),
      ...nodeFields(nodes?.[0]),
      ...totals(overview),
      ...bounds,
    ])
    printAttention(out, attention)
  })
}

/** What monitors see is no matter for everybody. */
async function ifAllowed<T>(api: BrokerApi, path: string): Promise<T | null> {
  try {
    return await api.get<T>(path)
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

function brokerFields(api: BrokerApi, overview: Overview): [string, string][] {
  return [
    ['broker', `${overview.cluster_name} at ${api.url}`],
    ['version', `Signalbox ${overview.signalbox_version}, as RabbitMQ ${overview.rabbitmq_version}`],
    ...(overview.listeners.length === 0 ? [] : [['listeners', listed(overview.listeners)] as [string, string]]),
  ]
}

function listed(listeners: Overview['listeners']): string {
  return listeners.map(({ protocol, ip_address, port }) => `${protocol} ${ip_address}:${port}`).join(', ')
}

/** Of what the numbers are, for who sees no more than the vhosts that it may use. */
function boundFields({ name, tags }: User, vhosts: readonly { name: string }[]): [string, string][] {
  const seen = vhosts.map((vhost) => vhost.name).join(', ')
  const told = seen === '' ? `nothing: ${name} has permissions in no virtual host` : `virtual hosts ${seen}`
  const tagged = tags.length === 0 ? 'no tag' : `the tag ${tags.join(', ')}`
  return [
    ['seen', told],
    [
      'not seen',
      `listeners, memory, disk and alarms, and other virtual hosts: ${name} has ${tagged}; monitoring sees all`,
    ],
  ]
}

function nodeFields(node: Node | undefined): [string, string][] {
  if (!node) return []
  const alarms = [node.mem_alarm && 'memory', node.disk_free_alarm && 'disk'].filter(Boolean)
  return [
    ['uptime', shownDuration(node.uptime)],
    ['memory', `${shownBytes(node.mem_used)} of ${shownBytes(node.mem_limit)}`],
    ['disk', `${shownBytes(node.disk_free)} free, at least ${shownBytes(node.disk_free_limit)} wanted`],
    ['alarms', alarms.length === 0 ? 'none' : alarms.join(', ')],
  ]
}

function totals({ object_totals, queue_totals = {}, message_stats = {} }: Overview): [string, string][] {
  const rate = (name: string): number => (message_stats[`${name}_details`] as { rate: number } | undefined)?.rate ?? 0
  const { messages = 0, messages_ready = 0, messages_unacknowledged = 0 } = queue_totals
  return [
    [
      'objects',
      Object.entries(object_totals)
        .map(([name, count]) => `${shownNumber(count)} ${name}`)
        .join(', '),
    ],
    [
      'messages',
      `${shownNumber(messages)} (${shownNumber(messages_ready)} ready, ${shownNumber(messages_unacknowledged)} unacknowledged)`,
    ],
    ['rates', RATES.map((name) => `${name} ${shownNumber(rate(name))}/s`).join(', ')],
  ]
}

function printAttention(out: Output, findings: readonly Finding[]): void {
  out.text(findings.length === 0 ? '\nNothing needs attention.' : '\nNeeds attention:')
  for (const { severity, vhost, object, text } of findings) {
    const colour = severity === 'critical' ? 'red' : severity === 'warning' ? 'yellow' : 'cyan'
    const place = object ? `${object.kind} ${object.name} in ${vhost}: ` : ''
    out.text(`  ${out.styled(colour, severity)} ${place}${text}`)
  }
}
