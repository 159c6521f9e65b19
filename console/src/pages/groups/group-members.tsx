/** The members of a group, and what of which topic each one reads. */
import { Badge, ObjectLink } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import type { Group, Member, TopicPartition } from './group.ts'

export function GroupMembers({ group: { vhost, members } }: { group: Group }) {
  const columns: readonly Column<Member>[] = [
    {
      id: 'client',
      title: 'Client',
      sort: 'client_id',
      cell: ({ client_id, instance_id, member_id }) => (
        <>
          {client_id || member_id}{' '}
          {instance_id !== null && <Badge title="A static member: it may be away for a while">{instance_id}</Badge>}
        </>
      ),
    },
    { id: 'host', title: 'Host', sort: 'host', cell: ({ host }) => host },
    {
      id: 'assignment',
      title: 'Reads',
      cell: ({ assignment }) => <Assignment vhost={vhost} all={assignment} />,
    },
    {
      id: 'member',
      title: 'Member id',
      sort: 'member_id',
      cell: ({ member_id }) => <code className="text-ink-2 [overflow-wrap:anywhere]">{member_id}</code>,
    },
  ]
  return (
    <Panel flush>
      <DataTable
        id="members"
        noun="member"
        rows={members}
        columns={columns}
        rowKey={({ member_id }) => member_id}
        filter={false}
        empty={
          <EmptyState title="The group has no members">
            Its offsets are kept; they can be reset now, and the group can be deleted.
          </EmptyState>
        }
      />
    </Panel>
  )
}

function Assignment({ vhost, all }: { vhost: string; all: readonly TopicPartition[] }) {
  if (all.length === 0) return <span className="text-ink-3">nothing</span>
  const topics = Map.groupBy(all, ({ topic }) => topic)
  return (
    <span className="flex flex-col gap-1">
      {[...topics].map(([topic, parts]) => (
        <span key={topic} className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <ObjectLink kind="topic" name={topic} vhost={vhost} />
          <span className="flex flex-wrap gap-1">
            {parts.map(({ partition }) => (
              <Badge key={partition}>{partition}</Badge>
            ))}
          </span>
        </span>
      ))}
    </span>
  )
}
