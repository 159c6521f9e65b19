/** The numbers and charts of a topic. */
import { ratesOf, valuesOf } from '../../api/samples.ts'
import { messagesOf, pageOf } from '../../links.ts'
import { ObjectLink } from '../../parts/badge.tsx'
import { humanNumber, humanRate, plural } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { TimeChart } from '../../parts/time-chart.tsx'
import { Bytes, Count, Rate } from '../../parts/values.tsx'
import { GroupState } from '../groups/group-state.tsx'
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
      <ReadBy topic={topic} />
    </>
  )
}

const READERS = 6

/** Who is how far behind, the slowest first; the bars say what part of the topic is unread. */
function ReadBy({ topic: { vhost, groups, bindings, records } }: { topic: Topic }) {
  const slowest = [...groups].sort((a, b) => b.lag - a.lag)
  return (
    <Panel
      title="Read by"
      aside={
        <span className="text-ink-3">
          {plural(groups.length, 'group')}, {plural(bindings, 'binding')}
        </span>
      }
    >
      {groups.length === 0 ? (
        <p className="text-ink-2">
          {bindings > 0 ? 'No group reads it; queues get its records by bindings.' : 'Nobody reads this topic yet.'}
        </p>
      ) : (
        <ul className="flex flex-col gap-2.5">
          {slowest.slice(0, READERS).map(({ name, state, lag }) => (
            <li
              key={name}
              className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 md:grid-cols-[16rem_11rem_minmax(0,1fr)_8rem]"
            >
              <ObjectLink kind="group" name={name} vhost={vhost} plate />
              <span className="max-md:justify-self-end">
                <GroupState state={state} />
              </span>
              <span aria-hidden="true" className="h-1.5 overflow-hidden rounded-full bg-sunken">
                <span
                  className="block h-full rounded-full bg-series-2"
                  style={{ width: `${Math.min(1, lag / Math.max(1, records)) * 100}%` }}
                />
              </span>
              <span className="text-right whitespace-nowrap">
                {lag === 0 ? <span className="text-ink-3">read all</span> : `${humanNumber(lag)} behind`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
