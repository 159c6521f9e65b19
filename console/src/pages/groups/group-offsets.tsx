/** Where a group stands in each partition. */
import { History, List } from 'lucide-react'
import { useNavigate } from 'react-router'
import { valuesOf } from '../../api/samples.ts'
import { messagesOf } from '../../links.ts'
import { ObjectLink } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { exactNumber } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { Sparkline } from '../../parts/sparkline.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { Count, NoValue, Time } from '../../parts/values.tsx'
import { type Group, lagPoints, type OffsetRow } from './group.ts'
import type { Asked } from './group-actions.tsx'

const ICON = { size: 15, 'aria-hidden': true } as const

export function GroupOffsets({ group, ask }: { group: Group; ask: (asked: Asked) => void }) {
  const { vhost, offsets, members } = group
  const navigate = useNavigate()
  const clients = new Map(members.map(({ member_id, client_id }) => [member_id, client_id]))
  const columns: readonly Column<OffsetRow>[] = [
    {
      id: 'topic',
      title: 'Topic',
      sort: 'topic',
      cell: ({ topic }) => <ObjectLink kind="topic" name={topic} vhost={vhost} plate />,
    },
    { id: 'partition', title: 'Partition', sort: 'partition', align: 'right', cell: ({ partition }) => partition },
    {
      id: 'committed',
      title: 'Committed',
      sort: 'committed',
      align: 'right',
      cell: ({ committed }) =>
        committed === null ? <span className="text-ink-3">nothing yet</span> : exactNumber(committed),
    },
    {
      id: 'end',
      title: 'End offset',
      sort: 'end_offset',
      align: 'right',
      cell: ({ end_offset }) => (end_offset === null ? <NoValue /> : exactNumber(end_offset)),
    },
    {
      id: 'lag',
      title: 'Lag',
      sort: 'lag',
      align: 'right',
      cell: ({ lag, lag_samples }) => (
        <span className="inline-flex items-center gap-2.5">
          {(lag_samples?.length ?? 0) > 1 && (
            <span className="hidden lg:block">
              <Sparkline values={valuesOf(lagPoints(lag_samples))} height={18} />
            </span>
          )}
          <span className="min-w-12">
            <Count value={lag} />
          </span>
        </span>
      ),
    },
    { id: 'at', title: 'Committed at', sort: 'committed_at', cell: ({ committed_at }) => <Time at={committed_at} /> },
    {
      id: 'member',
      title: 'Member',
      sort: 'member_id',
      cell: ({ member_id }) =>
        member_id === null ? (
          <span className="text-ink-3">nobody</span>
        ) : (
          <span title={member_id}>{clients.get(member_id) || member_id}</span>
        ),
    },
  ]
  return (
    <Panel flush>
      <DataTable
        id="offsets"
        noun="partition"
        rows={offsets}
        columns={columns}
        rowKey={({ topic, partition }) => `${topic} ${partition}`}
        actions={({ topic, partition, committed }) => [
          {
            title: 'Browse from here',
            icon: <List {...ICON} />,
            onSelect: () =>
              navigate(`${messagesOf('topic', vhost, topic)}?partition=${partition}&from=offset:${committed ?? 0}`),
          },
          {
            title: 'Reset offset…',
            icon: <History {...ICON} />,
            onSelect: () => ask({ kind: 'reset', group, only: { topic, partition } }),
          },
        ]}
        filter={false}
        sort="lag"
        sortReverse
        pageSize={100}
        empty={
          <EmptyState title="Nothing was committed">
            The group has no partitions yet. Where it begins, its consumers say by <code>auto.offset.reset</code>.
          </EmptyState>
        }
      />
    </Panel>
  )
}
