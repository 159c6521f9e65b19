/** The process that is the broker: what it uses, where it listens, how it is set, and whether it is well. */
import type { ReactNode } from 'react'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { levelOf, ratesOf, valuesOf } from '../../api/samples.ts'
import type { Overview } from '../../api/types.ts'
import { Badge } from '../../parts/badge.tsx'
import { CopyText } from '../../parts/copy.tsx'
import { type Column, DataTable } from '../../parts/data-table.tsx'
import { absoluteTime, humanBytes, humanNumber, humanSpan } from '../../parts/format.ts'
import { KeyValue, Page, Panel } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { Answered, LoadingBlock } from '../../parts/states.tsx'
import { TimeChart } from '../../parts/time-chart.tsx'
import { NoValue } from '../../parts/values.tsx'
import { useSession } from '../../session/session.ts'
import { HealthPanel } from './health-panel.tsx'
import { MemoryPanel } from './memory-panel.tsx'
import { NODE_HISTORY, type WholeNode } from './node.ts'
import { SettingsPanel } from './settings-panel.tsx'

export default function NodePage() {
  const { may } = useSession()
  const overview = useGet<Overview>('/overview', { columns: 'node,listeners' })
  const node = overview.data?.node
  const query = useGet<WholeNode>(node === undefined ? null : path`/nodes/${node}`, NODE_HISTORY)
  return (
    <Page
      title={node ?? 'Node'}
      badges={
        query.data !== undefined && (
          <span title={`since ${absoluteTime(Date.now() - query.data.uptime)}`}>
            <Badge tone="good">up {humanSpan(query.data.uptime)}</Badge>
          </span>
        )
      }
    >
      <Answered query={query} loading={<LoadingBlock lines={10} />}>
        {(node) => (
          <>
            <Uses node={node} />
            <div className="grid items-start gap-5 lg:grid-cols-2">
              <div className="flex min-w-0 flex-col gap-5">
                <Charts node={node} />
                <HealthPanel listeners={overview.data?.listeners ?? []} />
                <Files node={node} />
              </div>
              <div className="flex min-w-0 flex-col gap-5">
                <MemoryPanel memory={node.memory} />
                <Listeners listeners={overview.data?.listeners ?? []} />
                {may('administrator') && <SettingsPanel />}
              </div>
            </div>
          </>
        )}
      </Answered>
    </Page>
  )
}

function Uses({ node }: { node: WholeNode }) {
  const { mem_used, mem_limit, mem_alarm, disk_free, disk_free_limit, disk_free_alarm } = node
  return (
    <StatRow>
      <StatTile
        label="Memory"
        value={humanBytes(mem_used)}
        tone={mem_alarm ? 'danger' : 'plain'}
        history={valuesOf(levelOf(node.mem_used_details))}
        note={mem_alarm ? 'alarm: publishers are blocked' : `alarm at ${humanBytes(mem_limit)}`}
      />
      <StatTile
        label="Disk free"
        value={humanBytes(disk_free)}
        tone={disk_free_alarm ? 'danger' : 'plain'}
        note={disk_free_alarm ? 'alarm: publishers are blocked' : `alarm below ${humanBytes(disk_free_limit)}`}
      />
      <StatTile
        label="Processor"
        value={cores((node.cpu_ms_details?.rate ?? 0) / 1000)}
        history={valuesOf(ratesOf(node.cpu_ms_details))}
        note={`of ${node.processors ?? 1} cores`}
      />
      <StatTile
        label="Open files"
        value={humanNumber(node.fd_used ?? 0)}
        note={node.fd_total === undefined ? undefined : `of ${humanNumber(node.fd_total)}`}
      />
      <StatTile
        label="Sockets"
        value={humanNumber(node.sockets_used ?? 0)}
        to="/connections"
        note="connections of clients"
      />
    </StatRow>
  )
}

/** Of one processor in per cent. */
const cores = (value: number): string => `${Math.round(value * 100)} %`

function Charts({ node }: { node: WholeNode }) {
  return (
    <Panel title="Disk, per second">
      <TimeChart
        title="Bytes per second"
        format={humanBytes}
        height={190}
        series={[
          { label: 'Written', points: ratesOf(node.io_write_bytes_details), color: 1, area: true },
          { label: 'Read', points: ratesOf(node.io_read_bytes_details), color: 3 },
        ]}
      />
      <p className="mt-2 text-[0.929rem] text-ink-3">
        {humanNumber(Math.round((node.io_sync_count_details?.rate ?? 0) * 10) / 10)} syncs per second: as many publishes
        as wait at the same time share one.
      </p>
    </Panel>
  )
}

type Listener = NonNullable<Overview['listeners']>[number]

const LISTENER_COLUMNS: readonly Column<Listener>[] = [
  { id: 'protocol', title: 'Protocol', sort: 'protocol', cell: ({ protocol }) => protocol },
  { id: 'address', title: 'Address', cell: ({ ip_address }) => <code>{ip_address}</code> },
  { id: 'port', title: 'Port', sort: 'port', align: 'right', cell: ({ port }) => port },
]

function Listeners({ listeners }: { listeners: readonly Listener[] }) {
  return (
    <Panel flush title="Listens on">
      <DataTable<Listener>
        id="listeners"
        noun="listener"
        rows={listeners}
        columns={LISTENER_COLUMNS}
        rowKey={({ protocol, ip_address, port }) => `${protocol} ${ip_address} ${port}`}
        filter={false}
        sort="port"
      />
    </Panel>
  )
}

function Files({ node }: { node: WholeNode }) {
  const items: readonly (readonly [string, ReactNode])[] = [
    [
      'Data',
      node.db_dir === '' ? (
        <Badge key="data" tone="warn">
          in memory only
        </Badge>
      ) : (
        <CopyText key="data" text={node.db_dir} />
      ),
    ],
    ['Log', node.log_files.join(', ')],
    ['Configuration', node.config_files.join(', ') || <NoValue key="config" />],
    ['Version', node.applications.map(({ name, version }) => `${name} ${version}`).join(', ')],
    ['Process', node.os_pid ?? <NoValue key="pid" />],
    ['Logins', node.auth_mechanisms.map(({ name }) => name).join(', ')],
  ]
  return (
    <Panel title="Files and process">
      <KeyValue items={items} />
    </Panel>
  )
}
