/** All consumer groups, with how far each is behind and where that goes. */
import { TrendingDown, TrendingUp, UsersRound } from 'lucide-react'
import { path } from '../../api/client.ts'
import { pageOf } from '../../links.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { humanRate } from '../../parts/format.ts'
import { Page, Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { Count, NoValue } from '../../parts/values.tsx'
import { useVhost } from '../../shell/vhost.ts'
import { type GroupRow, isFallingBehind, outlook, trendOf } from './group.ts'
import { GroupActionDialog, useGroupActions } from './group-actions.tsx'
import { GroupState } from './group-state.tsx'

const VHOST: Column<GroupRow> = {
  id: 'vhost',
  title: 'Vhost',
  sort: 'vhost',
  cell: ({ vhost }) => <span className="text-ink-2">{vhost}</span>,
}

const COLUMNS: readonly Column<GroupRow>[] = [
  { id: 'name', title: 'Name', sort: 'name', cell: ({ name }) => name },
  VHOST,
  {
    id: 'type',
    title: 'Type',
    sort: 'type',
    cell: ({ type }) => (
      <span
        title={
          type === 'consumer'
            ? 'The newer protocol: the broker shares out partitions'
            : 'Its leader shares out partitions'
        }
      >
        {type}
      </span>
    ),
  },
  { id: 'state', title: 'State', sort: 'state', cell: ({ state }) => <GroupState state={state} /> },
  {
    id: 'members',
    title: 'Members',
    sort: 'members',
    align: 'right',
    cell: ({ members }) => <Count value={members} />,
  },
  { id: 'topics', title: 'Topics', sort: 'topics', align: 'right', cell: ({ topics }) => <Count value={topics} /> },
  { id: 'lag', title: 'Lag', sort: 'lag', align: 'right', cell: ({ lag }) => <Count value={lag} /> },
  {
    id: 'trend',
    title: 'Trend',
    sort: 'lag_details.rate',
    align: 'right',
    cell: (group) => <LagTrend group={group} />,
  },
]

/** Where the lag goes: by an arrow and a number, whose words are on hover. */
export function LagTrend({ group }: { group: Pick<GroupRow, 'lag' | 'lag_details'> }) {
  const trend = trendOf(group)
  if (trend === 'still' || group.lag === 0) return <NoValue />
  const growing = trend === 'growing'
  const Icon = growing ? TrendingUp : TrendingDown
  return (
    <span
      title={outlook(group) ?? undefined}
      className={`inline-flex items-center gap-1.5 ${isFallingBehind(group) ? 'text-warn' : growing ? 'text-ink-2' : 'text-accent'}`}
    >
      <Icon size={15} aria-label={trend} />
      {humanRate(Math.abs(group.lag_details.rate))}
    </span>
  )
}

export default function GroupList() {
  const [vhost] = useVhost()
  const { actionsOf, asked, done } = useGroupActions()
  return (
    <Page title="Groups">
      <Panel flush>
        <DataTable
          id="groups"
          noun="group"
          path={vhost === null ? '/groups' : path`/groups/${vhost}`}
          columns={vhost === null ? COLUMNS : COLUMNS.filter((column) => column !== VHOST)}
          rowKey={({ name, vhost }) => `${vhost} ${name}`}
          rowHref={({ name, vhost }) => pageOf('group', name, vhost)}
          actions={actionsOf}
          sort="lag"
          sortReverse
          empty={
            <EmptyState icon={<UsersRound size={28} />} title="No groups yet">
              A group is here once a Kafka consumer joined with its <code>group.id</code>. Its members share the
              partitions of the topics they read.
            </EmptyState>
          }
        />
      </Panel>
      <GroupActionDialog asked={asked} onClose={done} />
    </Page>
  )
}
