/** All virtual hosts that the user may see, with what flows through them. */
import { Boxes, Plus } from 'lucide-react'
import { useSearchParams } from 'react-router'
import { pageOf } from '../../links.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Page, Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { Count, NoValue, Rate } from '../../parts/values.tsx'
import { useSession } from '../../session/session.ts'
import type { VhostRow } from './vhost.ts'
import { useVhostActions, VhostActionDialog } from './vhost-actions.tsx'
import { VhostDialog } from './vhost-dialog.tsx'

const COLUMNS: readonly Column<VhostRow>[] = [
  { id: 'name', title: 'Name', sort: 'name', cell: ({ name }) => name },
  {
    id: 'description',
    title: 'Description',
    sort: 'description',
    cell: ({ description }) => description || <NoValue />,
  },
  { id: 'marks', title: 'Marks', cell: (vhost) => <Marks vhost={vhost} /> },
  { id: 'type', title: 'New queues are', cell: ({ default_queue_type: type }) => type },
  {
    id: 'ready',
    title: 'Ready',
    sort: 'messages_ready',
    align: 'right',
    cell: ({ messages_ready }) => <Count value={messages_ready ?? 0} />,
  },
  {
    id: 'unacked',
    title: 'Unacked',
    sort: 'messages_unacknowledged',
    align: 'right',
    cell: ({ messages_unacknowledged }) => <Count value={messages_unacknowledged ?? 0} />,
  },
  {
    id: 'in',
    title: 'In',
    sort: 'message_stats.publish_details.rate',
    align: 'right',
    cell: ({ message_stats }) => <Rate value={message_stats?.publish_details?.rate ?? 0} />,
  },
  {
    id: 'out',
    title: 'Out',
    sort: 'message_stats.deliver_get_details.rate',
    align: 'right',
    cell: ({ message_stats }) => <Rate value={message_stats?.deliver_get_details?.rate ?? 0} />,
  },
]

/** Tags, and what is unusual about it. */
export function Marks({ vhost }: { vhost: VhostRow }) {
  const { tags, tracing, protected_from_deletion: isProtected } = vhost
  if (tags.length === 0 && !tracing && !isProtected) return <NoValue />
  return (
    <span className="flex flex-wrap gap-1">
      {tracing && (
        <Badge tone="warn" title="All messages are copied to amq.rabbitmq.trace">
          tracing
        </Badge>
      )}
      {isProtected && <Badge title="Cannot be deleted while it is so">protected</Badge>}
      {tags.map((tag) => (
        <Badge key={tag}>{tag}</Badge>
      ))}
    </span>
  )
}

export default function VhostList() {
  const { may } = useSession()
  const [search, setSearch] = useSearchParams()
  const { actionsOf, asked, done } = useVhostActions()
  const setNew = (open: boolean): void => setSearch(open ? { new: '1' } : {})
  const create = may('administrator') && (
    <Button look="primary" icon={<Plus size={16} />} onClick={() => setNew(true)}>
      New vhost
    </Button>
  )
  return (
    <Page title="Vhosts" actions={create} lead="Each has queues, exchanges, topics and permissions of its own.">
      <Panel flush>
        <DataTable<VhostRow>
          id="vhosts"
          noun="vhost"
          path="/vhosts"
          columns={COLUMNS}
          rowKey={({ name }) => name}
          rowHref={({ name }) => pageOf('vhost', name)}
          {...(may('administrator') && { actions: actionsOf })}
          sort="name"
          empty={<EmptyState icon={<Boxes size={28} />} title="You may enter no vhost" action={create} />}
        />
      </Panel>
      {search.has('new') && <VhostDialog vhost={null} onClose={() => setNew(false)} />}
      <VhostActionDialog asked={asked} onClose={done} />
    </Page>
  )
}
