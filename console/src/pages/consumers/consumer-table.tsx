/** Consumers: who takes messages from which queue, and how. */
import { Inbox } from 'lucide-react'
import { Link } from 'react-router'
import type { ConsumerRow } from '../../api/types.ts'
import { pageOf } from '../../links.ts'
import { Badge, ObjectLink } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { humanSpan } from '../../parts/format.ts'
import { EmptyState } from '../../parts/states.tsx'
import { Count, NoValue } from '../../parts/values.tsx'
import { channelTitle } from '../channels/channel.ts'
import { ArgumentsText } from '../exchanges/bindings-panel.tsx'

interface Consumer extends ConsumerRow {
  readonly messages_unacknowledged?: number
  /** ms; 0: for any time. */
  readonly consumer_timeout?: number
}

const STATES: Readonly<Record<string, string>> = {
  up: 'active',
  single_active: 'the active one',
  waiting: 'stands by',
}

const VHOST: Column<Consumer> = {
  id: 'vhost',
  title: 'Vhost',
  sort: 'queue.vhost',
  cell: ({ queue }) => <span className="text-ink-2">{queue?.vhost}</span>,
}
const CHANNEL: Column<Consumer> = {
  id: 'channel',
  title: 'Channel',
  sort: 'channel_details.name',
  cell: ({ channel_details: channel }) =>
    channel?.name === undefined ? (
      <NoValue />
    ) : (
      <Link
        to={pageOf('channel', channel.name)}
        className="whitespace-nowrap hover:text-accent hover:underline underline-offset-3"
      >
        {channelTitle(channel.name)}
      </Link>
    ),
}
const USER: Column<Consumer> = {
  id: 'user',
  title: 'User',
  sort: 'channel_details.user',
  cell: ({ channel_details: channel }) => channel?.user ?? <NoValue />,
}

const COLUMNS: readonly Column<Consumer>[] = [
  {
    id: 'tag',
    title: 'Consumer tag',
    sort: 'consumer_tag',
    cell: ({ consumer_tag }) => <code className="font-normal">{consumer_tag}</code>,
  },
  {
    id: 'queue',
    title: 'Queue',
    sort: 'queue.name',
    cell: ({ queue }) =>
      queue === undefined ? <NoValue /> : <ObjectLink kind="queue" name={queue.name} vhost={queue.vhost} />,
  },
  VHOST,
  CHANNEL,
  USER,
  {
    id: 'state',
    title: 'State',
    sort: 'active',
    cell: ({ active, activity_status: status = 'up', exclusive }) => (
      <span className="flex flex-wrap gap-1">
        <Badge tone={active === false ? 'neutral' : 'good'}>{STATES[status] ?? status.replaceAll('_', ' ')}</Badge>
        {exclusive && <Badge title="No other may consume from the queue">exclusive</Badge>}
      </span>
    ),
  },
  {
    id: 'ack',
    title: 'Acknowledges',
    sort: 'ack_required',
    cell: ({ ack_required }) =>
      ack_required ? 'yes' : <Badge title="A message is gone as soon as it is sent">no</Badge>,
  },
  {
    id: 'prefetch',
    title: 'Prefetch',
    sort: 'prefetch_count',
    align: 'right',
    cell: ({ prefetch_count }) =>
      prefetch_count === 0 ? <span title="As much as it can read">unlimited</span> : prefetch_count,
  },
  {
    id: 'unacked',
    title: 'Unacked',
    sort: 'messages_unacknowledged',
    align: 'right',
    cell: ({ messages_unacknowledged, prefetch_count }) => {
      const full = prefetch_count > 0 && (messages_unacknowledged ?? 0) >= prefetch_count
      return (
        <span
          className={full ? 'font-semibold text-warn' : ''}
          title={full ? 'Gets nothing more before it acknowledges' : undefined}
        >
          <Count value={messages_unacknowledged} />
          {full && ' · full'}
        </span>
      )
    },
  },
  {
    id: 'timeout',
    title: 'Must acknowledge within',
    optional: true,
    cell: ({ consumer_timeout }) => (consumer_timeout ? humanSpan(consumer_timeout) : <NoValue />),
  },
  {
    id: 'arguments',
    title: 'Arguments',
    optional: true,
    cell: ({ arguments: all }) => <ArgumentsText all={all ?? {}} />,
  },
]

interface ConsumerTableProps {
  readonly id: string
  readonly path?: string
  readonly rows?: readonly ConsumerRow[]
  readonly oneVhost?: boolean
  /** All are of one channel. */
  readonly short?: boolean
}

export function ConsumerTable({ id, path, rows, oneVhost = false, short = false }: ConsumerTableProps) {
  const left = ({ id }: Column<Consumer>): boolean =>
    !((short || oneVhost) && id === VHOST.id) && !(short && (id === CHANNEL.id || id === USER.id))
  return (
    <DataTable<Consumer>
      id={id}
      noun="consumer"
      {...(rows === undefined ? { path: path ?? '/consumers' } : { rows })}
      columns={COLUMNS.filter(left)}
      rowKey={({ consumer_tag, channel_details }) => `${channel_details?.name} ${consumer_tag}`}
      sort="consumer_tag"
      filter={!short}
      empty={
        <EmptyState icon={<Inbox size={28} />} title={short ? 'This channel consumes nothing' : 'Nobody consumes'}>
          {short ? undefined : 'Members of Kafka groups stand with their group.'}
        </EmptyState>
      }
    />
  )
}
