/** Who takes from a topic: groups, each at its own pace, and the queues that are bound to it. */
import { Badge, ObjectLink } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { KeyValue, Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { Count } from '../../parts/values.tsx'
import { BindingsPanel } from '../exchanges/bindings-panel.tsx'
import { GroupState } from '../groups/group-state.tsx'
import type { ReaderRow, Topic } from './topic.ts'

export function TopicGroups({ topic: { vhost, groups } }: { topic: Topic }) {
  const columns: readonly Column<ReaderRow>[] = [
    {
      id: 'name',
      title: 'Group',
      sort: 'name',
      cell: ({ name }) => <ObjectLink kind="group" name={name} vhost={vhost} plate />,
    },
    { id: 'type', title: 'Type', sort: 'type', cell: ({ type }) => type },
    { id: 'state', title: 'State', sort: 'state', cell: ({ state }) => <GroupState state={state} /> },
    {
      id: 'lag',
      title: 'Lag in this topic',
      sort: 'lag',
      align: 'right',
      cell: ({ lag }) => <Count value={lag} />,
    },
  ]
  return (
    <Panel flush>
      <DataTable
        id="topic-groups"
        noun="group"
        rows={groups}
        columns={columns}
        rowKey={({ name }) => name}
        filter={false}
        sort="lag"
        sortReverse
        empty={
          <EmptyState title="No group reads this topic">
            A group is here once it subscribed, or committed an offset.
          </EmptyState>
        }
      />
    </Panel>
  )
}

export function TopicBindings({ topic }: { topic: Topic }) {
  const { vhost, name, feed } = topic
  return (
    <>
      {feed !== null && (
        <Panel
          title="Feed"
          aside={
            feed.lost_records > 0 ? (
              <Badge tone="danger">lost records</Badge>
            ) : feed.behind > 0 ? (
              <Badge tone="info">handing on</Badge>
            ) : (
              <Badge tone="good">up to date</Badge>
            )
          }
        >
          <KeyValue
            items={[
              ['Handed on', <Count key="handed" value={feed.handed_on} />],
              ['Still to hand on', <Count key="behind" value={feed.behind} />],
              [
                'Lost',
                <span key="lost" title="Deleted by the topic before they could be handed on">
                  <Count value={feed.lost_records} />
                </span>,
              ],
              ['Refused by topics', <Count key="refused" value={feed.refused_by_topics} />],
              ['Unreadable batches', <Count key="unreadable" value={feed.unreadable_batches} />],
            ]}
          />
        </Panel>
      )}
      <BindingsPanel vhost={vhost} kind="exchange" name={name} side="from" />
    </>
  )
}
