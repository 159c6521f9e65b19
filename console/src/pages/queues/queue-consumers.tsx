/** Who consumes from a queue, and how. */
import type { ConsumerRow } from '../../api/types.ts'
import { Badge, ObjectLink } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { NoValue } from '../../parts/values.tsx'
import { ArgumentsText } from '../exchanges/bindings-panel.tsx'

const COLUMNS: readonly Column<ConsumerRow>[] = [
  { id: 'tag', title: 'Consumer tag', sort: 'consumer_tag', cell: ({ consumer_tag }) => <code>{consumer_tag}</code> },
  {
    id: 'channel',
    title: 'Channel',
    cell: ({ channel_details: channel }) =>
      channel?.name === undefined ? <NoValue /> : <ObjectLink kind="channel" name={channel.name} />,
  },
  { id: 'user', title: 'User', cell: ({ channel_details: channel }) => channel?.user ?? <NoValue /> },
  {
    id: 'ack',
    title: 'Acknowledges',
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
    id: 'active',
    title: 'State',
    cell: ({ active, activity_status, exclusive }) => (
      <span className="flex flex-wrap gap-1">
        <Badge tone={active === false ? 'neutral' : 'good'}>{(activity_status ?? 'up').replaceAll('_', ' ')}</Badge>
        {exclusive && <Badge>exclusive</Badge>}
      </span>
    ),
  },
  { id: 'arguments', title: 'Arguments', cell: ({ arguments: all }) => <ArgumentsText all={all ?? {}} /> },
]

export function QueueConsumers({ consumers }: { consumers: readonly ConsumerRow[] }) {
  return (
    <Panel flush>
      <DataTable
        id="queue-consumers"
        noun="consumer"
        rows={consumers}
        columns={COLUMNS}
        rowKey={({ consumer_tag, channel_details }) => `${channel_details?.name} ${consumer_tag}`}
        filter={false}
        empty={
          <EmptyState title="Nobody consumes from this queue">
            Messages wait here until somebody does, or a limit of the queue ends that.
          </EmptyState>
        }
      />
    </Panel>
  )
}
