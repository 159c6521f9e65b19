/** Who is connected, by which protocol and client, and how much flows. */
import { Cable, Unplug } from 'lucide-react'
import { useState } from 'react'
import { path } from '../../api/client.ts'
import { pageOf } from '../../links.ts'
import { Badge } from '../../parts/badge.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { humanBytes } from '../../parts/format.ts'
import { Page, Panel } from '../../parts/page.tsx'
import { EmptyState } from '../../parts/states.tsx'
import { Bytes, NoValue, Time } from '../../parts/values.tsx'
import { useSession } from '../../session/session.ts'
import { useVhost } from '../../shell/vhost.ts'
import { CloseConnectionDialog } from './close-dialog.tsx'
import { type ConnectionRow, clientOf, hasChannels, peerOf } from './connection.ts'
import { ConnectionState } from './connection-state.tsx'

const VHOST: Column<ConnectionRow> = {
  id: 'vhost',
  title: 'Vhost',
  sort: 'vhost',
  cell: ({ vhost }) => <span className="text-ink-2">{vhost}</span>,
}

const COLUMNS: readonly Column<ConnectionRow>[] = [
  { id: 'name', title: 'Client', sort: 'name', cell: (connection) => <NameCell connection={connection} /> },
  VHOST,
  { id: 'user', title: 'User', sort: 'user', cell: ({ user }) => user },
  {
    id: 'protocol',
    title: 'Protocol',
    sort: 'protocol',
    cell: ({ protocol, ssl }) => (
      <span className="inline-flex flex-wrap items-center gap-1">
        {protocol}
        {ssl === true && <Badge tone="good">TLS</Badge>}
      </span>
    ),
  },
  { id: 'client', title: 'Library', cell: (connection) => clientOf(connection) || <NoValue /> },
  { id: 'state', title: 'State', sort: 'state', cell: ({ state }) => <ConnectionState state={state} /> },
  {
    id: 'channels',
    title: 'Channels',
    sort: 'channels',
    align: 'right',
    cell: (connection) => (hasChannels(connection) ? (connection.channels ?? 0) : <NoValue />),
  },
  {
    id: 'in',
    title: 'From client',
    sort: 'recv_oct_details.rate',
    align: 'right',
    cell: ({ recv_oct_details }) => <Traffic rate={recv_oct_details?.rate} />,
  },
  {
    id: 'out',
    title: 'To client',
    sort: 'send_oct_details.rate',
    align: 'right',
    cell: ({ send_oct_details }) => <Traffic rate={send_oct_details?.rate} />,
  },
  {
    id: 'in-all',
    title: 'From client, in all',
    sort: 'recv_oct',
    align: 'right',
    optional: true,
    cell: ({ recv_oct }) => <Bytes value={recv_oct} />,
  },
  {
    id: 'out-all',
    title: 'To client, in all',
    sort: 'send_oct',
    align: 'right',
    optional: true,
    cell: ({ send_oct }) => <Bytes value={send_oct} />,
  },
  {
    id: 'since',
    title: 'Connected',
    sort: 'connected_at',
    cell: ({ connected_at }) => (
      <span className="whitespace-nowrap">
        <Time at={connected_at} />
      </span>
    ),
  },
]

function NameCell({ connection }: { connection: ConnectionRow }) {
  const { user_provided_name: given } = connection
  const peer = peerOf(connection)
  if (!given) return peer
  return (
    <>
      {given}
      <span className="block text-[0.929rem] font-normal text-ink-3">{peer}</span>
    </>
  )
}

/** Bytes per second. */
function Traffic({ rate = 0 }: { rate?: number | undefined }) {
  return <span className={rate === 0 ? 'text-ink-3' : undefined}>{humanBytes(rate)}/s</span>
}

export default function ConnectionList() {
  const [vhost] = useVhost()
  const { may, user } = useSession()
  const [leaving, setLeaving] = useState<ConnectionRow | null>(null)
  return (
    <Page title="Connections" lead={may('monitoring') ? undefined : 'Those of your own user.'}>
      <Panel flush>
        <DataTable<ConnectionRow>
          id="connections"
          noun="connection"
          path={vhost === null ? '/connections' : path`/vhosts/${vhost}/connections`}
          columns={vhost === null ? COLUMNS : COLUMNS.filter((column) => column !== VHOST)}
          rowKey={({ name }) => name}
          rowHref={({ name }) => pageOf('connection', name)}
          actions={(connection) => [
            {
              title: 'Close…',
              icon: <Unplug size={15} />,
              danger: true,
              disabled: !may('administrator') && connection.user !== user.name,
              onSelect: () => setLeaving(connection),
            },
          ]}
          filterBy={{ param: 'search', what: 'name or address' }}
          sort="name"
          empty={
            <EmptyState icon={<Cable size={28} />} title="Nobody is connected">
              Programs that connect by AMQP or Kafka appear here.
            </EmptyState>
          }
        />
      </Panel>
      {leaving !== null && <CloseConnectionDialog connection={leaving} onClose={() => setLeaving(null)} />}
    </Page>
  )
}
