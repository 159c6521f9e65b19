/** One channel: what it publishes and receives, what it holds, and its consumers. */
import { useParams } from 'react-router'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { HISTORY, ratesOf, valuesOf } from '../../api/samples.ts'
import { Badge, KindPlate, ObjectLink } from '../../parts/badge.tsx'
import { absoluteTime, humanNumber, humanRate, humanSpan } from '../../parts/format.ts'
import { KeyValue, Page, Panel } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { Answered } from '../../parts/states.tsx'
import { TimeChart } from '../../parts/time-chart.tsx'
import { Count, Rate, Time } from '../../parts/values.tsx'
import { ConnectionState } from '../connections/connection-state.tsx'
import { ConsumerTable } from '../consumers/consumer-table.tsx'
import { type ChannelRow, channelTitle } from './channel.ts'
import { Prefetch } from './channel-table.tsx'

export default function ChannelPage() {
  const { name = '' } = useParams()
  const query = useGet<ChannelRow>(path`/channels/${name}`, HISTORY)
  const channel = query.data
  return (
    <Page
      title={channelTitle(name)}
      plate={<KindPlate kind="channel" />}
      above={[
        { title: 'Connections', to: '/connections' },
        ...(channel === undefined
          ? []
          : [
              {
                title: channelTitle(channel.connection_details.name),
                to: path`/connections/${channel.connection_details.name}`,
              },
            ]),
      ]}
      badges={
        channel !== undefined && (
          <>
            {query.error !== null ? <Badge tone="warn">closed</Badge> : <ConnectionState state={channel.state} />}
            {channel.confirm && <Badge title="The broker confirms each publish">confirms</Badge>}
            {channel.transactional && <Badge title="Publishes count when they are committed">transactions</Badge>}
            {channel.vhost !== '/' && <Badge>{channel.vhost}</Badge>}
          </>
        )
      }
    >
      <Answered query={query}>
        {(channel) => (
          <>
            <Totals channel={channel} />
            <Flow channel={channel} />
            <Panel flush title="Consumers">
              <ConsumerTable id="channel-consumers" rows={channel.consumer_details ?? []} short />
            </Panel>
            <Settings channel={channel} />
          </>
        )}
      </Answered>
    </Page>
  )
}

function Totals({ channel }: { channel: ChannelRow }) {
  const { message_stats: stats = {}, oldest_unacked_since: oldest } = channel
  const held = channel.messages_unacknowledged
  return (
    <StatRow>
      <StatTile
        label="Publishes"
        value={<Rate value={stats.publish_details?.rate ?? 0} />}
        history={valuesOf(ratesOf(stats.publish_details))}
        note={`${humanNumber(stats.publish ?? 0)} in all`}
      />
      <StatTile
        label="Receives"
        value={<Rate value={stats.deliver_get_details?.rate ?? 0} />}
        history={valuesOf(ratesOf(stats.deliver_get_details))}
        note={`${humanNumber(stats.deliver_get ?? 0)} in all`}
      />
      <StatTile
        label="Unacknowledged"
        value={<Count value={held} />}
        note={
          oldest === undefined ? undefined : (
            <span
              title={`since ${absoluteTime(oldest)}`}
            >{`oldest for ${humanSpan(Math.max(0, Date.now() - oldest))}`}</span>
          )
        }
      />
      <StatTile label="Unconfirmed" value={<Count value={channel.messages_unconfirmed} />} />
      <StatTile label="Prefetch" value={<Prefetch channel={channel} />} />
    </StatRow>
  )
}

/** A channel mostly does one of both. */
function Flow({ channel }: { channel: ChannelRow }) {
  const { publish = 0, deliver_get: received = 0 } = channel.message_stats ?? {}
  const both = publish > 0 && received > 0
  return (
    <div className={`grid gap-5 ${both ? 'xl:grid-cols-2' : ''}`}>
      {(publish > 0 || received === 0) && <Published channel={channel} />}
      {received > 0 && <Received channel={channel} />}
    </div>
  )
}

function Published({ channel: { message_stats: stats = {}, confirm } }: { channel: ChannelRow }) {
  const returned = (stats.return_unroutable ?? 0) + (stats.drop_unroutable ?? 0)
  return (
    <Panel title="To the broker">
      <TimeChart
        title="Published messages per second"
        format={humanRate}
        height={150}
        series={[
          { label: 'Published', points: ratesOf(stats.publish_details), color: 1, area: true },
          ...(confirm ? [{ label: 'Confirmed', points: ratesOf(stats.confirm_details), color: 3 }] : []),
          ...(returned === 0
            ? []
            : [
                { label: 'Returned', points: ratesOf(stats.return_unroutable_details), color: 2 },
                { label: 'Dropped', points: ratesOf(stats.drop_unroutable_details), color: 4 },
              ]),
        ]}
      />
    </Panel>
  )
}

function Received({ channel: { message_stats: stats = {} } }: { channel: ChannelRow }) {
  return (
    <Panel title="From the broker">
      <TimeChart
        title="Received messages per second"
        format={humanRate}
        height={150}
        series={[
          { label: 'Received', points: ratesOf(stats.deliver_get_details), color: 1, area: true },
          { label: 'Acknowledged', points: ratesOf(stats.ack_details), color: 3 },
          ...((stats.redeliver ?? 0) === 0
            ? []
            : [{ label: 'Redelivered', points: ratesOf(stats.redeliver_details), color: 4 }]),
        ]}
      />
    </Panel>
  )
}

function Settings({ channel }: { channel: ChannelRow }) {
  const { connection_details: connection, user, vhost, transactional } = channel
  return (
    <Panel title="Details">
      <KeyValue
        items={[
          ['Connection', <ObjectLink key="connection" kind="connection" name={connection.name} />],
          ['Number', channel.number],
          ['User', user],
          ['Vhost', vhost],
          ...(transactional
            ? [
                ['Publishes not committed', channel.messages_uncommitted] as const,
                ['Acknowledgements not committed', channel.acks_uncommitted] as const,
              ]
            : []),
          ['Idle since', <Time key="idle" at={channel.idle_since} />],
        ]}
      />
    </Panel>
  )
}
