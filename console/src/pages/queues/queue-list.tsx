/** All queues, with what goes in and out of them now. */
import { path } from '../../api/client.ts'
import type { QueueRow } from '../../api/types.ts'
import { pageOf } from '../../links.ts'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { Page, Panel } from '../../parts/page.tsx'
import { Count } from '../../parts/values.tsx'
import { useVhost } from '../../shell/vhost.ts'

const COLUMNS: readonly Column<QueueRow>[] = [
  { id: 'name', title: 'Name', sort: 'name', cell: ({ name }) => name },
  { id: 'vhost', title: 'Vhost', sort: 'vhost', cell: ({ vhost }) => vhost, optional: true },
  { id: 'type', title: 'Type', sort: 'type', cell: ({ type }) => type },
  {
    id: 'ready',
    title: 'Ready',
    sort: 'messages_ready',
    align: 'right',
    cell: ({ messages_ready }) => <Count value={messages_ready} />,
  },
]

export default function QueueList() {
  const [vhost] = useVhost()
  return (
    <Page title="Queues">
      <Panel flush>
        <DataTable
          id="queues"
          noun="queue"
          path={vhost === null ? '/queues' : path`/queues/${vhost}`}
          columns={COLUMNS}
          rowKey={({ name, vhost }) => `${vhost} ${name}`}
          rowHref={({ name, vhost }) => pageOf('queue', name, vhost)}
          sort="name"
        />
      </Panel>
    </Page>
  )
}
