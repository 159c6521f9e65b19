/** Channels, of all connections or of one. */
import { Spline } from 'lucide-react'
import { pageOf } from '../../links.ts'
import { Badge } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { Count, Rate, Time } from '../../parts/values.tsx'
import { ConnectionState } from '../connections/connection-state.tsx'
import { type ChannelRow, channelTitle } from './channel.ts'

const VHOST: Column<ChannelRow> = {
  id: 'vhost',
  title: 'Vhost',
  sort: 'vhost',
  cell: ({ vhost }) => <span className="text-ink-2">{vhost}</span>,
}
const USER: Column<ChannelRow> = { id: 'user', title: 'User', sort: 'user', cell: ({ user }) => user }

const COLUMNS: readonly Column<ChannelRow>[] = [
  {
    id: 'name',
    title: 'Channel',
    sort: 'name',
    cell: ({ name }) => <span className="whitespace-nowrap">{channelTitle(name)}</span>,
  },
  VHOST,
  USER,
  {
    id: 'mode',
    title: 'Mode',
    cell: (channel) => <ChannelMode channel={channel} />,
  },
  { id: 'state', title: 'State', sort: 'state', cell: ({ state }) => <ConnectionState state={state} /> },
  {
    id: 'consumers',
    title: 'Consumers',
    sort: 'consumer_count',
    align: 'right',
    cell: ({ consumer_count }) => <Count value={consumer_count} />,
  },
  {
    id: 'prefetch',
    title: 'Prefetch',
    sort: 'prefetch_count',
    align: 'right',
    cell: (channel) => <Prefetch channel={channel} />,
  },
  {
    id: 'unacked',
    title: 'Unacked',
    sort: 'messages_unacknowledged',
    align: 'right',
    cell: ({ messages_unacknowledged }) => <Count value={messages_unacknowledged} />,
  },
  {
    id: 'unconfirmed',
    title: 'Unconfirmed',
    sort: 'messages_unconfirmed',
    align: 'right',
    cell: ({ messages_unconfirmed }) => <Count value={messages_unconfirmed} />,
  },
  {
    id: 'publish',
    title: 'Publishes',
    sort: 'message_stats.publish_details.rate',
    align: 'right',
    cell: ({ message_stats }) => <Rate value={message_stats?.publish_details?.rate ?? 0} />,
  },
  {
    id: 'deliver',
    title: 'Receives',
    sort: 'message_stats.deliver_get_details.rate',
    align: 'right',
    cell: ({ message_stats }) => <Rate value={message_stats?.deliver_get_details?.rate ?? 0} />,
  },
  {
    id: 'ack',
    title: 'Acknowledges',
    sort: 'message_stats.ack_details.rate',
    align: 'right',
    cell: ({ message_stats }) => <Rate value={message_stats?.ack_details?.rate ?? 0} />,
  },
  {
    id: 'idle',
    title: 'Idle since',
    optional: true,
    cell: ({ idle_since }) => <Time at={idle_since} />,
  },
]

/** How much it may hold unacknowledged at once. */
export function Prefetch({ channel }: { channel: ChannelRow }) {
  const { prefetch_count: each, global_prefetch_count: all } = channel
  if (each === 0 && all === 0) return <span title="As much as it can read">unlimited</span>
  if (all === 0) return <span title="For each consumer">{each}</span>
  return <span title="For the channel as a whole">{each === 0 ? all : `${each}, ${all} in all`}</span>
}

function ChannelMode({ channel }: { channel: ChannelRow }) {
  if (channel.confirm) return <Badge title="The broker confirms each publish">confirms</Badge>
  if (channel.transactional) return <Badge title="Publishes count when they are committed">transactions</Badge>
  return (
    <span title="Publishes are not confirmed" className="text-ink-3">
      plain
    </span>
  )
}

interface ChannelTableProps {
  readonly id: string
  readonly path: string
  /** All are of the same vhost. */
  readonly oneVhost?: boolean
  /** All are of the same connection. */
  readonly short?: boolean
}

export function ChannelTable({ id, path, oneVhost = false, short = false }: ChannelTableProps) {
  const left = (column: Column<ChannelRow>): boolean => !((short || oneVhost) && column === VHOST)
  return (
    <DataTable<ChannelRow>
      id={id}
      noun="channel"
      path={path}
      columns={COLUMNS.filter((column) => left(column) && !(short && column === USER))}
      rowKey={({ name }) => name}
      rowHref={({ name }) => pageOf('channel', name)}
      sort="name"
      filter={!short}
      empty={
        <EmptyState icon={<Spline size={28} />} title="No channels are open">
          Clients open channels on their connections to publish and to consume.
        </EmptyState>
      }
    />
  )
}
