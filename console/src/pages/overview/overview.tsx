/** The overview: what needs attention, what flows, what there is, and how to connect. */
import { Link } from 'react-router'
import { useGet } from '../../api/queries.ts'
import { HISTORY, levelOf, ratesOf, valuesOf } from '../../api/samples.ts'
import type { Overview } from '../../api/types.ts'
import { Badge } from '../../parts/badge.tsx'
import { humanNumber, humanRate } from '../../parts/format.ts'
import { Page, Panel } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { Answered, LoadingBlock } from '../../parts/states.tsx'
import { TimeChart } from '../../parts/time-chart.tsx'
import { Count, Rate } from '../../parts/values.tsx'
import { AttentionPanel } from './attention.tsx'
import { Busiest } from './busiest.tsx'
import { FirstSteps, ListenersPanel } from './connect.tsx'
import { NodePanel } from './node-panel.tsx'

/** Only how many there are is asked for. */
const ONE = { page: 1, page_size: 1, columns: 'name' }

/** The exchanges that every vhost has from the start do not count. */
const isNew = ({ object_totals, message_stats }: Overview): boolean =>
  object_totals.queues === 0 && (message_stats.publish ?? 0) === 0

export default function OverviewPage() {
  const query = useGet<Overview>('/overview', HISTORY)
  const { data } = query
  return (
    <Page
      title="Overview"
      badges={
        data !== undefined && (
          <Badge title={`Answers as RabbitMQ ${data.rabbitmq_version}`}>
            {data.product_name} {data.product_version}
          </Badge>
        )
      }
    >
      <Answered query={query} loading={<LoadingBlock lines={10} />}>
        {(overview) => (
          <>
            {isNew(overview) && <FirstSteps overview={overview} />}
            <div>
              <Totals overview={overview} />
              <Objects overview={overview} />
            </div>
            <div className="grid gap-5 xl:grid-cols-[minmax(0,2fr)_minmax(20rem,1fr)]">
              <div className="flex min-w-0 flex-col gap-5">
                <RatesPanel overview={overview} />
                <BacklogPanel overview={overview} />
                <Busiest />
              </div>
              <div className="flex min-w-0 flex-col gap-5 max-xl:order-first">
                <AttentionPanel />
                <div className="flex flex-col gap-5 max-xl:hidden">
                  <NodePanel />
                  <ListenersPanel overview={overview} />
                </div>
              </div>
            </div>
            <div className="grid gap-5 md:grid-cols-2 xl:hidden">
              <NodePanel />
              <ListenersPanel overview={overview} />
            </div>
          </>
        )}
      </Answered>
    </Page>
  )
}

function Totals({ overview }: { overview: Overview }) {
  const { queue_totals: lengths, message_stats: stats } = overview
  return (
    <StatRow>
      <StatTile
        label="Published"
        value={<Rate value={stats.publish_details?.rate ?? 0} />}
        history={valuesOf(ratesOf(stats.publish_details))}
      />
      <StatTile
        label="Delivered"
        value={<Rate value={stats.deliver_get_details?.rate ?? 0} />}
        history={valuesOf(ratesOf(stats.deliver_get_details))}
      />
      <StatTile
        label="Ready"
        value={<Count value={lengths.messages_ready ?? 0} />}
        history={valuesOf(levelOf(lengths.messages_ready_details))}
        to="/queues?sort=messages_ready&reverse=1"
      />
      <StatTile
        label="Unacknowledged"
        value={<Count value={lengths.messages_unacknowledged ?? 0} />}
        history={valuesOf(levelOf(lengths.messages_unacknowledged_details))}
        to="/queues?sort=messages_unacknowledged&reverse=1"
      />
    </StatRow>
  )
}

/** How many of each there are, each leading to its list. */
function Objects({ overview: { object_totals: objects } }: { overview: Overview }) {
  const topics = useGet<{ total_count: number }>('/topics', ONE)
  const groups = useGet<{ total_count: number }>('/groups', ONE)
  const all: readonly (readonly [string, number | undefined])[] = [
    ['Queues', objects.queues],
    ['Topics', topics.data?.total_count],
    ['Groups', groups.data?.total_count],
    ['Exchanges', objects.exchanges],
    ['Consumers', objects.consumers],
    ['Connections', objects.connections],
    ['Channels', objects.channels],
  ]
  return (
    <ul className="mt-3 flex flex-wrap gap-x-6 gap-y-1.5 px-1">
      {all.map(([title, count]) => (
        <li key={title}>
          <Link to={`/${title.toLowerCase()}`} className="group text-ink-2 hover:text-accent">
            <span className="font-semibold text-ink group-hover:text-accent">
              <Count value={count} />
            </span>{' '}
            {count === 1 ? title.slice(0, -1) : title}
          </Link>
        </li>
      ))}
    </ul>
  )
}

function RatesPanel({ overview }: { overview: Overview }) {
  const { message_stats: stats } = overview
  return (
    <Panel title="Message rates">
      <TimeChart
        title="Messages per second"
        format={humanRate}
        height={210}
        series={[
          { label: 'Published', points: ratesOf(stats.publish_details), color: 1, area: true },
          { label: 'Delivered', points: ratesOf(stats.deliver_get_details), color: 2 },
          { label: 'Acknowledged', points: ratesOf(stats.ack_details), color: 3 },
          { label: 'Redelivered', points: ratesOf(stats.redeliver_details), color: 4 },
        ]}
      />
    </Panel>
  )
}

function BacklogPanel({ overview }: { overview: Overview }) {
  const { queue_totals: lengths } = overview
  return (
    <Panel title="Messages in queues">
      <TimeChart
        title="Messages in all queues"
        format={humanNumber}
        series={[
          { label: 'Ready', points: levelOf(lengths.messages_ready_details), color: 3, area: true },
          { label: 'Unacknowledged', points: levelOf(lengths.messages_unacknowledged_details), color: 2 },
        ]}
      />
    </Panel>
  )
}
