/** All queues, with what goes in and out of them now. */
import { Plus, Rows3 } from 'lucide-react'
import { useSearchParams } from 'react-router'
import { path } from '../../api/client.ts'
import type { QueueRow } from '../../api/types.ts'
import { pageOf } from '../../links.ts'
import { Badge, Lamp, type Tone } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Page, Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { Bytes, Count, NoValue, Rate, Time } from '../../parts/values.tsx'
import { useVhost } from '../../shell/vhost.ts'
import { NewQueueDialog } from './new-queue-dialog.tsx'
import { QueueActionDialog, useQueueActions } from './queue-actions.tsx'

const VHOST: Column<QueueRow> = {
  id: 'vhost',
  title: 'Vhost',
  sort: 'vhost',
  cell: ({ vhost }) => <span className="text-ink-2">{vhost}</span>,
}

const COLUMNS: readonly Column<QueueRow>[] = [
  { id: 'name', title: 'Name', sort: 'name', cell: ({ name }) => name },
  VHOST,
  { id: 'type', title: 'Type', sort: 'type', cell: (queue) => <TypeCell queue={queue} /> },
  { id: 'state', title: 'State', sort: 'state', cell: (queue) => <QueueState queue={queue} /> },
  {
    id: 'ready',
    title: 'Ready',
    sort: 'messages_ready',
    align: 'right',
    cell: ({ messages_ready }) => <Count value={messages_ready} />,
  },
  {
    id: 'unacked',
    title: 'Unacked',
    sort: 'messages_unacknowledged',
    align: 'right',
    cell: ({ messages_unacknowledged }) => <Count value={messages_unacknowledged} />,
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
  {
    id: 'ack',
    title: 'Acked',
    sort: 'message_stats.ack_details.rate',
    align: 'right',
    optional: true,
    cell: ({ message_stats }) => <Rate value={message_stats?.ack_details?.rate ?? 0} />,
  },
  {
    id: 'consumers',
    title: 'Consumers',
    sort: 'consumers',
    align: 'right',
    cell: ({ consumers }) => <Count value={consumers} />,
  },
  {
    id: 'bytes',
    title: 'Bytes',
    sort: 'message_bytes',
    align: 'right',
    optional: true,
    cell: ({ message_bytes }) => <Bytes value={message_bytes} />,
  },
  { id: 'policy', title: 'Policy', optional: true, cell: ({ policy }) => policy || <NoValue /> },
  { id: 'idle', title: 'Idle since', optional: true, cell: ({ idle_since }) => <Time at={idle_since} /> },
]

const STATES: Readonly<Record<string, Tone>> = {
  running: 'good',
  idle: 'neutral',
  flow: 'warn',
  down: 'danger',
  stopped: 'danger',
  crashed: 'danger',
}

export function QueueState({ queue }: { queue: QueueRow }) {
  const { state = 'running', paused } = queue
  return (
    <span className="inline-flex items-center gap-2 whitespace-nowrap">
      <Lamp tone={paused ? 'warn' : (STATES[state] ?? 'neutral')} />
      {paused ? 'paused' : state}
    </span>
  )
}

function TypeCell({ queue }: { queue: QueueRow }) {
  const { name, type, durable, exclusive, source_topic } = queue
  return (
    <span className="inline-flex flex-wrap items-center gap-1">
      {type}
      {!durable && <Badge title="Is not there after a restart">transient</Badge>}
      {exclusive && <Badge title="Belongs to one connection">exclusive</Badge>}
      {source_topic !== undefined && source_topic !== name && (
        <Badge title="Its messages are the records of this topic">topic {source_topic}</Badge>
      )}
    </span>
  )
}

export default function QueueList() {
  const [vhost] = useVhost()
  const [search, setSearch] = useSearchParams()
  const { actionsOf, asked, done } = useQueueActions()
  const setNew = (open: boolean): void =>
    setSearch((old) => {
      const next = new URLSearchParams(old)
      if (open) next.set('new', '1')
      else next.delete('new')
      return next
    })
  const create = (
    <Button look="primary" icon={<Plus size={16} />} onClick={() => setNew(true)}>
      New queue
    </Button>
  )
  return (
    <Page title="Queues" actions={create}>
      <Panel flush>
        <DataTable
          id="queues"
          noun="queue"
          path={vhost === null ? '/queues' : path`/queues/${vhost}`}
          columns={vhost === null ? COLUMNS : COLUMNS.filter((column) => column !== VHOST)}
          rowKey={({ name, vhost }) => `${vhost} ${name}`}
          rowHref={({ name, vhost }) => pageOf('queue', name, vhost)}
          actions={actionsOf}
          sort="name"
          empty={
            <EmptyState icon={<Rows3 size={28} />} title="No queues yet" action={create}>
              Clients make queues as they need them; or make one here.
            </EmptyState>
          }
        />
      </Panel>
      {search.has('new') && <NewQueueDialog open onClose={() => setNew(false)} />}
      <QueueActionDialog asked={asked} onClose={done} />
    </Page>
  )
}
