/** One group: how far behind, where, who reads which partition, and why that was shared out anew. */
import { History, Trash2 } from 'lucide-react'
import { useParams } from 'react-router'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { valuesOf } from '../../api/samples.ts'
import { Badge, KindPlate } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Page } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { Answered, LoadingBlock } from '../../parts/states.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { Count, Time } from '../../parts/values.tsx'
import { type Group, isFallingBehind, lagPoints, outlook } from './group.ts'
import { type Asked, GroupActionDialog, useGroupActions } from './group-actions.tsx'
import { GroupLag } from './group-lag.tsx'
import { GroupMembers } from './group-members.tsx'
import { GroupOffsets } from './group-offsets.tsx'
import { GroupState } from './group-state.tsx'
import { RebalancesPanel } from './rebalances-panel.tsx'

export default function GroupPage() {
  const { vhost = '/', name = '' } = useParams()
  const query = useGet<Group>(path`/groups/${vhost}/${name}`)
  const { asked, ask, done } = useGroupActions()
  const group = query.data
  return (
    <Page
      title={name}
      plate={<KindPlate kind="group" />}
      above={[{ title: 'Groups', to: '/groups' }]}
      badges={
        group !== undefined && (
          <>
            <GroupState state={group.state} />
            <Badge
              title={
                group.type === 'consumer' ? 'The broker shares out partitions' : 'Its leader shares out partitions'
              }
            >
              {group.type}
            </Badge>
            {group.assignor && <Badge title="How partitions are shared out">{group.assignor}</Badge>}
            {vhost !== '/' && <Badge>{vhost}</Badge>}
          </>
        )
      }
      actions={
        group !== undefined && (
          <>
            <Button icon={<History size={15} />} onClick={() => ask({ kind: 'reset', group })}>
              Reset offsets
            </Button>
            <Button look="danger" icon={<Trash2 size={15} />} onClick={() => ask({ kind: 'delete', group })}>
              Delete
            </Button>
          </>
        )
      }
    >
      <Answered query={query} loading={<LoadingBlock lines={10} />}>
        {(group) => <Content group={group} ask={ask} />}
      </Answered>
      <GroupActionDialog asked={asked} onClose={done} />
    </Page>
  )
}

function Content({ group, ask }: { group: Group; ask: (asked: Asked) => void }) {
  return (
    <>
      <Totals group={group} />
      <div className="grid gap-5 xl:grid-cols-[minmax(0,2fr)_minmax(20rem,1fr)]">
        <GroupLag group={group} />
        <RebalancesPanel group={group} />
      </div>
      <Tabs
        tabs={[
          {
            id: 'offsets',
            title: 'Offsets',
            count: group.offsets.length,
            content: <GroupOffsets group={group} ask={ask} />,
          },
          {
            id: 'members',
            title: 'Members',
            count: group.members.length,
            content: <GroupMembers group={group} />,
          },
        ]}
      />
    </>
  )
}

function Totals({ group }: { group: Group }) {
  const { lag, lag_samples, members, topics, offsets, generation, rebalances } = group
  const behind = offsets.filter(({ lag }) => (lag ?? 0) > 0).length
  const idle = members.filter(({ assignment }) => assignment.length === 0).length
  return (
    <StatRow>
      <StatTile
        label="Lag"
        value={<Count value={lag} />}
        tone={isFallingBehind(group) ? 'warn' : 'plain'}
        note={outlook(group) ?? 'neither growing nor shrinking'}
        history={valuesOf(lagPoints(lag_samples))}
      />
      <StatTile
        label="Partitions behind"
        value={<Count value={behind} />}
        note={`of ${offsets.length} in ${topics === 1 ? 'one topic' : `${topics} topics`}`}
      />
      <StatTile
        label="Members"
        value={<Count value={members.length} />}
        tone={members.length === 0 && lag > 0 ? 'warn' : 'plain'}
        note={members.length === 0 ? 'nobody reads' : idle > 0 ? `${idle} without a partition` : 'all have partitions'}
      />
      <StatTile
        label={group.type === 'consumer' ? 'Epoch' : 'Generation'}
        value={<Count value={generation} />}
        note={
          rebalances.length > 0 ? (
            <>
              since <Time at={rebalances[0].at} />
            </>
          ) : (
            'no rebalance since the broker started'
          )
        }
      />
    </StatRow>
  )
}
