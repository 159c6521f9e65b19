/** The numbers and charts of a queue. */
import { levelOf, ratesOf, valuesOf } from '../../api/samples.ts'
import type { QueueRow } from '../../api/types.ts'
import { messagesOf } from '../../links.ts'
import { ObjectLink } from '../../parts/badge.tsx'
import { humanNumber, humanRate, humanSpan, plural } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { TimeChart } from '../../parts/time-chart.tsx'
import { Bytes, Count, Rate, Time } from '../../parts/values.tsx'

/** How long the backlog lasts at the present rates; null where that says nothing. */
function outlook({ messages_ready = 0, message_stats: stats = {} }: QueueRow): string | null {
  const into = stats.publish_details?.rate ?? 0
  const out = stats.deliver_get_details?.rate ?? 0
  if (messages_ready === 0) return null
  if (out > into) return `empty in ${humanSpan((messages_ready / (out - into)) * 1000)}`
  return into > out ? `growing by ${humanRate(into - out)}` : null
}

export function QueueTotals({ queue }: { queue: QueueRow }) {
  const { message_stats: stats = {}, vhost, name, type, held, delayed, lost_records } = queue
  const isStream = type === 'stream'
  const growing = (stats.publish_details?.rate ?? 0) > (stats.deliver_get_details?.rate ?? 0)
  return (
    <StatRow>
      <StatTile
        label={isStream ? 'Messages' : 'Ready'}
        value={<Count value={queue.messages_ready ?? queue.messages ?? 0} />}
        note={isStream ? undefined : outlook(queue)}
        tone={!isStream && growing && (queue.messages_ready ?? 0) > 1000 ? 'warn' : 'plain'}
        history={valuesOf(levelOf(queue.messages_ready_details))}
        to={messagesOf('queue', vhost, name)}
      />
      {!isStream && (
        <StatTile
          label="Unacknowledged"
          value={<Count value={queue.messages_unacknowledged ?? 0} />}
          history={valuesOf(levelOf(queue.messages_unacknowledged_details))}
          to={`${messagesOf('queue', vhost, name)}?tab=unacked`}
        />
      )}
      <StatTile
        label="In"
        value={<Rate value={stats.publish_details?.rate ?? 0} />}
        history={valuesOf(ratesOf(stats.publish_details))}
        note={`${humanNumber(stats.publish ?? 0)} in all`}
      />
      <StatTile
        label="Out"
        value={<Rate value={stats.deliver_get_details?.rate ?? 0} />}
        history={valuesOf(ratesOf(stats.deliver_get_details))}
        note={`${humanNumber(stats.deliver_get ?? 0)} in all`}
      />
      {(stats.redeliver ?? 0) > 0 && (
        <StatTile
          label="Redelivered"
          value={<Rate value={stats.redeliver_details?.rate ?? 0} />}
          note={`${humanNumber(stats.redeliver ?? 0)} in all`}
        />
      )}
      <StatTile
        label="Consumers"
        value={<Count value={queue.consumers ?? 0} />}
        tone={(queue.consumers ?? 0) === 0 && (queue.messages_ready ?? 0) > 0 && !isStream ? 'warn' : 'plain'}
        note={
          queue.consumer_utilisation != null
            ? `${Math.round(queue.consumer_utilisation * 100)} % able to take more`
            : undefined
        }
      />
      {queue.message_bytes !== undefined && (
        <StatTile
          label="Bytes"
          value={<Bytes value={queue.message_bytes} />}
          note={
            queue.head_message_timestamp ? (
              <>
                oldest <Time at={queue.head_message_timestamp * 1000} />
              </>
            ) : undefined
          }
        />
      )}
      {held !== undefined && held > 0 && (
        <StatTile label="Held" value={<Count value={held} />} note="waiting for a retry" />
      )}
      {delayed !== undefined && delayed > 0 && (
        <StatTile label="Delayed" value={<Count value={delayed} />} note="not yet due" />
      )}
      {lost_records !== undefined && lost_records > 0 && (
        <StatTile
          label="Lost"
          tone="danger"
          value={<Count value={lost_records} />}
          note="records its topic gave up first"
        />
      )}
    </StatRow>
  )
}

export function QueueFlow({ queue }: { queue: QueueRow }) {
  const { message_stats: stats = {}, type, incoming = [], vhost } = queue
  const isStream = type === 'stream'
  return (
    <>
      <div className="grid gap-5 xl:grid-cols-2">
        <Panel title="Message rates">
          <TimeChart
            title="Messages per second"
            format={humanRate}
            series={[
              { label: 'In', points: ratesOf(stats.publish_details), color: 1, area: true },
              { label: 'Out', points: ratesOf(stats.deliver_get_details), color: 2 },
              ...(isStream
                ? []
                : [
                    { label: 'Acknowledged', points: ratesOf(stats.ack_details), color: 3 },
                    { label: 'Redelivered', points: ratesOf(stats.redeliver_details), color: 4 },
                  ]),
            ]}
          />
        </Panel>
        <Panel title="Messages">
          <TimeChart
            title="Messages in the queue"
            format={humanNumber}
            series={[
              { label: 'Ready', points: levelOf(queue.messages_ready_details), color: 3, area: true },
              ...(isStream
                ? []
                : [{ label: 'Unacknowledged', points: levelOf(queue.messages_unacknowledged_details), color: 2 }]),
            ]}
          />
        </Panel>
      </div>
      {incoming.length > 0 && (
        <Panel title="Comes from" aside={<span className="text-ink-3">{plural(incoming.length, 'exchange')}</span>}>
          <ul className="flex flex-col gap-2">
            {incoming.map(({ exchange, stats }) => (
              <li key={exchange.name} className="flex justify-between gap-4">
                <ObjectLink kind="exchange" name={exchange.name} vhost={vhost} plate />
                <Rate value={stats.publish_details?.rate ?? 0} />
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  )
}
