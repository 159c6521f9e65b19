/** All topics, with what is written to them now and who takes from them. */
import { Logs, Plus } from 'lucide-react'
import { useSearchParams } from 'react-router'
import { path } from '../../api/client.ts'
import { pageOf } from '../../links.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Page, Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { Bytes, Count, NoValue, Rate } from '../../parts/values.tsx'
import { useVhost } from '../../shell/vhost.ts'
import { NewTopicDialog } from './new-topic-dialog.tsx'
import { byteRate, retentionText, type TopicRow } from './topic.ts'
import { TopicActionDialog, useTopicActions } from './topic-actions.tsx'

const VHOST: Column<TopicRow> = {
  id: 'vhost',
  title: 'Vhost',
  sort: 'vhost',
  cell: ({ vhost }) => <span className="text-ink-2">{vhost}</span>,
}

const COLUMNS: readonly Column<TopicRow>[] = [
  { id: 'name', title: 'Name', sort: 'name', cell: ({ name }) => name },
  VHOST,
  {
    id: 'partitions',
    title: 'Partitions',
    sort: 'partitions',
    align: 'right',
    cell: ({ partitions }) => <Count value={partitions} />,
  },
  {
    id: 'in',
    title: 'In',
    sort: 'message_stats.publish_details.rate',
    align: 'right',
    cell: ({ message_stats }) => <Rate value={message_stats?.publish_details?.rate ?? 0} />,
  },
  {
    id: 'bytes-in',
    title: 'Bytes in',
    sort: 'message_stats.bytes_in_details.rate',
    align: 'right',
    cell: ({ message_stats }) => <ByteRate value={message_stats?.bytes_in_details?.rate ?? 0} />,
  },
  { id: 'bytes', title: 'Size', sort: 'bytes', align: 'right', cell: ({ bytes }) => <Bytes value={bytes} /> },
  {
    id: 'records',
    title: 'Records',
    sort: 'records',
    align: 'right',
    cell: ({ records }) => <Count value={records} />,
  },
  { id: 'groups', title: 'Groups', align: 'right', cell: ({ groups }) => <Used value={groups} /> },
  { id: 'bindings', title: 'Bindings', align: 'right', cell: ({ bindings }) => <Used value={bindings} /> },
  { id: 'cleanup', title: 'Cleanup', sort: 'cleanup_policy', cell: ({ cleanup_policy }) => cleanup_policy || 'none' },
  {
    id: 'retention',
    title: 'Keeps',
    sort: 'retention_ms',
    cell: (topic) => <span className="text-ink-2">{retentionText(topic)}</span>,
  },
  { id: 'durability', title: 'Durability', sort: 'durability', cell: (topic) => <Durability topic={topic} /> },
]

function Used({ value }: { value: number }) {
  return value === 0 ? <NoValue /> : <Count value={value} />
}

export function ByteRate({ value }: { value: number }) {
  return <span className={value === 0 ? 'text-ink-3' : undefined}>{byteRate(value)}</span>
}

export function Durability({ topic: { durability } }: { topic: Pick<TopicRow, 'durability'> }) {
  return durability === 'synced' ? (
    <Badge tone="good" title="acks=all: the records are on the disk">
      synced
    </Badge>
  ) : (
    <Badge title="acks=all: the records are in the page cache, as with Kafka">written</Badge>
  )
}

export default function TopicList() {
  const [vhost] = useVhost()
  const [search, setSearch] = useSearchParams()
  const { actionsOf, asked, done } = useTopicActions()
  const setNew = (open: boolean): void =>
    setSearch((old) => {
      const next = new URLSearchParams(old)
      if (open) next.set('new', '1')
      else next.delete('new')
      return next
    })
  const create = (
    <Button look="primary" icon={<Plus size={16} />} onClick={() => setNew(true)}>
      New topic
    </Button>
  )
  return (
    <Page title="Topics" actions={create}>
      <Panel flush>
        <DataTable
          id="topics"
          noun="topic"
          path={vhost === null ? '/topics' : path`/topics/${vhost}`}
          columns={vhost === null ? COLUMNS : COLUMNS.filter((column) => column !== VHOST)}
          rowKey={({ name, vhost }) => `${vhost} ${name}`}
          rowHref={({ name, vhost }) => pageOf('topic', name, vhost)}
          actions={actionsOf}
          sort="name"
          empty={
            <EmptyState icon={<Logs size={28} />} title="No topics yet" action={create}>
              Kafka’s clients make topics when they first write to them; or make one here. A topic keeps what was read:
              groups read it each at their own pace, and queues can be bound to it.
            </EmptyState>
          }
        />
      </Panel>
      {search.has('new') && <NewTopicDialog open onClose={() => setNew(false)} />}
      <TopicActionDialog asked={asked} onClose={done} />
    </Page>
  )
}
