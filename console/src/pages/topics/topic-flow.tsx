/** The numbers and charts of a topic. */
import { levelOf, ratesOf, valuesOf } from '../../api/samples.ts'
import { messagesOf, pageOf } from '../../links.ts'
import { humanNumber, humanRate, plural } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { TimeChart } from '../../parts/time-chart.tsx'
import { Bytes, Count, Rate } from '../../parts/values.tsx'
import { byteRate, type Topic } from './topic.ts'
import { ByteRate } from './topic-list.tsx'

export function TopicTotals({ topic }: { topic: Topic }) {
  const { vhost, name, message_stats: stats = {}, records, bytes, partitions, groups, feed } = topic
  const slowest = groups.reduce<(typeof groups)[number] | null>(
    (most, group) => (most === null || group.lag > most.lag ? group : most),
    null,
  )
  return (
    <StatRow>
      <StatTile
        label="Records"
        value={<Count value={records} />}
        note={`in ${plural(partitions, 'partition')}`}
        to={messagesOf('topic', vhost, name)}
      />
      <StatTile
        label="In"
        value={<Rate value={stats.publish_details?.rate ?? 0} />}
        history={valuesOf(ratesOf(stats.publish_details))}
        note={`${humanNumber(stats.publish ?? 0)} since it started`}
      />
      <StatTile
        label="Bytes in"
        value={<ByteRate value={stats.bytes_in_details?.rate ?? 0} />}
        history={valuesOf(ratesOf(stats.bytes_in_details))}
      />
      <StatTile
        label="Bytes out"
        value={<ByteRate value={stats.bytes_out_details?.rate ?? 0} />}
        history={valuesOf(ratesOf(stats.bytes_out_details))}
      />
      <StatTile label="Size" value={<Bytes value={bytes} />} note="on the disk" />
      {slowest !== null && (
        <StatTile
          label="Most behind"
          value={<Count value={slowest.lag} />}
          note={slowest.lag === 0 ? 'all groups have read all' : slowest.name}
          to={pageOf('group', slowest.name, vhost)}
        />
      )}
      {feed !== null && (
        <StatTile
          label="To queues"
          value={<Count value={feed.handed_on} />}
          tone={feed.lost_records > 0 ? 'danger' : 'plain'}
          note={
            feed.lost_records > 0
              ? `${humanNumber(feed.lost_records)} lost`
              : feed.behind > 0
                ? `${humanNumber(feed.behind)} to come`
                : 'all handed on'
          }
        />
      )}
    </StatRow>
  )
}

export function TopicFlow({ topic }: { topic: Topic }) {
  const { message_stats: stats = {} } = topic
  return (
    <>
      <div className="grid gap-5 xl:grid-cols-2">
        <Panel title="Records">
          <TimeChart
            title="Records per second"
            format={humanRate}
            series={[{ label: 'In', points: ratesOf(stats.publish_details), color: 1, area: true }]}
          />
        </Panel>
        <Panel title="Bytes">
          <TimeChart
            title="Bytes per second"
            format={byteRate}
            series={[
              { label: 'In', points: ratesOf(stats.bytes_in_details), color: 1, area: true },
              { label: 'Out', points: ratesOf(stats.bytes_out_details), color: 2 },
            ]}
          />
        </Panel>
      </div>
      <Panel title="Records written since it started">
        <TimeChart
          title="Records written"
          format={humanNumber}
          height={130}
          series={[{ label: 'Written', points: levelOf(stats.publish_details), color: 3, area: true }]}
        />
      </Panel>
    </>
  )
}
