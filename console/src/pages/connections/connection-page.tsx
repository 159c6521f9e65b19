/** One connection: who it is, what flows, and the channels on it. */
import { Unplug } from 'lucide-react'
import { useState } from 'react'
import { useNavigate, useParams } from 'react-router'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { ratesOf, valuesOf } from '../../api/samples.ts'
import { Badge, KindPlate, ObjectLink } from '../../parts/badge.tsx'
import { JsonView } from '../../parts/body.tsx'
import { Button } from '../../parts/button.tsx'
import { humanBytes } from '../../parts/format.ts'
import { KeyValue, Page, Panel } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { Answered } from '../../parts/states.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { TimeChart } from '../../parts/time-chart.tsx'
import { Bytes, Count, NoValue, Time } from '../../parts/values.tsx'
import { useSession } from '../../session/session.ts'
import { ChannelTable } from '../channels/channel-table.tsx'
import { CloseConnectionDialog } from './close-dialog.tsx'
import { type ConnectionRow, clientOf, hasChannels, TRAFFIC_HISTORY, titleOf } from './connection.ts'
import { ConnectionState } from './connection-state.tsx'

export default function ConnectionPage() {
  const { name = '' } = useParams()
  const navigate = useNavigate()
  const { may, user } = useSession()
  const query = useGet<ConnectionRow>(path`/connections/${name}`, TRAFFIC_HISTORY)
  const [closing, setClosing] = useState(false)
  const connection = query.data
  const gone = query.error !== null
  const mayClose = connection !== undefined && !gone && (may('administrator') || connection.user === user.name)
  return (
    <Page
      title={connection === undefined ? name : titleOf(connection)}
      plate={<KindPlate kind="connection" />}
      above={[{ title: 'Connections', to: '/connections' }]}
      badges={
        connection !== undefined && (
          <>
            {gone ? <Badge tone="warn">closed</Badge> : <ConnectionState state={connection.state} />}
            <Badge>{connection.protocol}</Badge>
            {connection.vhost !== '/' && <Badge>{connection.vhost}</Badge>}
          </>
        )
      }
      lead={name}
      actions={
        mayClose && (
          <Button look="danger" icon={<Unplug size={15} />} onClick={() => setClosing(true)}>
            Close
          </Button>
        )
      }
    >
      <Answered query={query}>
        {(connection) => (
          <>
            <Traffic connection={connection} />
            <Tabs
              tabs={[
                ...(hasChannels(connection)
                  ? [
                      {
                        id: 'channels',
                        title: 'Channels',
                        count: connection.channels,
                        content: <Channels name={name} gone={gone} />,
                      },
                    ]
                  : []),
                { id: 'client', title: 'Client', content: <Client connection={connection} /> },
              ]}
            />
            {closing && (
              <CloseConnectionDialog
                connection={connection}
                onClose={() => setClosing(false)}
                onGone={() => navigate('/connections', { replace: true })}
              />
            )}
          </>
        )}
      </Answered>
    </Page>
  )
}

function Traffic({ connection }: { connection: ConnectionRow }) {
  const { recv_oct, recv_oct_details, send_oct, send_oct_details, send_pend = 0, connected_at } = connection
  const from = ratesOf(recv_oct_details)
  const to = ratesOf(send_oct_details)
  return (
    <>
      <StatRow>
        <StatTile
          label="From client"
          value={`${humanBytes(recv_oct_details?.rate ?? 0)}/s`}
          history={valuesOf(from)}
          note={
            <>
              <Bytes value={recv_oct ?? 0} /> in all
            </>
          }
        />
        <StatTile
          label="To client"
          value={`${humanBytes(send_oct_details?.rate ?? 0)}/s`}
          history={valuesOf(to)}
          note={
            <>
              <Bytes value={send_oct ?? 0} /> in all
            </>
          }
        />
        <StatTile
          label="Waits to be sent"
          value={<Bytes value={send_pend} />}
          tone={send_pend > 1_000_000 ? 'warn' : 'plain'}
          note={send_pend > 1_000_000 ? 'the client reads too slowly' : 'the client keeps up'}
        />
        {hasChannels(connection) && <StatTile label="Channels" value={<Count value={connection.channels ?? 0} />} />}
      </StatRow>
      <Panel
        title="Traffic, per second"
        aside={
          <span className="text-[0.929rem] text-ink-3">
            connected <Time at={connected_at} />
          </span>
        }
      >
        <TimeChart
          title="Bytes per second"
          format={humanBytes}
          height={160}
          series={[
            { label: 'From client', points: from, color: 1, area: true },
            { label: 'To client', points: to, color: 3 },
          ]}
        />
      </Panel>
    </>
  )
}

function Channels({ name, gone }: { name: string; gone: boolean }) {
  return (
    <Panel flush>
      {gone ? (
        <p className="px-4 py-6 text-ink-2">The connection is closed, and its channels with it.</p>
      ) : (
        <ChannelTable id="connection-channels" path={`${path`/connections/${name}`}/channels`} short />
      )}
    </Panel>
  )
}

function Client({ connection }: { connection: ConnectionRow }) {
  const { user, vhost, ssl, ssl_protocol, ssl_cipher, client_properties: properties = {} } = connection
  const { may } = useSession()
  return (
    <div className="grid items-start gap-5 lg:grid-cols-2">
      <Panel title="How it is connected">
        <KeyValue
          items={[
            ['User', may('administrator') ? <ObjectLink key="user" kind="user" name={user} /> : user],
            ['Vhost', <ObjectLink key="vhost" kind="vhost" name={vhost} />],
            ['Library', clientOf(connection) || <NoValue key="library" />],
            ['From', `${connection.peer_host}:${connection.peer_port}`],
            ['To', `${connection.host}:${connection.port}`],
            ['Login', connection.auth_mechanism ?? <NoValue key="login" />],
            ['Encrypted', ssl === true ? [ssl_protocol, ssl_cipher].filter(Boolean).join(', ') || 'yes' : 'no'],
            ['Heartbeat', connection.timeout === undefined ? <NoValue key="beat" /> : heartbeat(connection.timeout)],
            ['Largest frame', <Bytes key="frame" value={connection.frame_max} />],
            ['Most channels', <Count key="most" value={connection.channel_max} />],
            ['Reads', <Count key="reads" value={connection.recv_cnt} />],
            ['Writes', <Count key="writes" value={connection.send_cnt} />],
          ]}
        />
      </Panel>
      <Panel title="What the client says of itself" flush>
        {Object.keys(properties).length === 0 ? (
          <p className="p-4 text-ink-2">Nothing.</p>
        ) : (
          <JsonView value={properties} />
        )}
      </Panel>
    </div>
  )
}

const heartbeat = (seconds: number): string => (seconds === 0 ? 'off' : `each ${seconds} s`)
