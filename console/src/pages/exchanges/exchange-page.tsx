/** One exchange: what flows through it, from where to where. */
import { Play, Send, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { api, path } from '../../api/client.ts'
import { useChange, useGet } from '../../api/queries.ts'
import { HISTORY, ratesOf, valuesOf } from '../../api/samples.ts'
import type { ExchangeRow } from '../../api/types.ts'
import { pageOf } from '../../links.ts'
import { Badge, KindPlate } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { humanRate } from '../../parts/format.ts'
import { KeyValue, Page, Panel } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { Answered } from '../../parts/states.tsx'
import { Tabs } from '../../parts/tabs.tsx'
import { TimeChart } from '../../parts/time-chart.tsx'
import { Count, NoValue, Rate } from '../../parts/values.tsx'
import { ArgumentsText, BindingsPanel } from './bindings-panel.tsx'
import { DelayedPanel, DelayedTile } from './delayed-panel.tsx'
import { DeleteExchangeDialog } from './delete-exchange-dialog.tsx'
import { EditScheduleDialog } from './edit-schedule-dialog.tsx'
import { Features, isBuiltIn, typeTitle } from './exchange-list.tsx'
import { PublishDialog } from './publish-dialog.tsx'
import { messageOf } from './schedule.ts'
import { SchedulePanel, ScheduleTiles } from './schedule-panel.tsx'

export default function ExchangePage() {
  const { vhost = '/', name: segment = '' } = useParams()
  const name = segment === 'amq.default' ? '' : segment
  const query = useGet<ExchangeRow>(path`/exchanges/${vhost}/${segment}`, HISTORY)
  const [dialog, setDialog] = useState<'publish' | 'edit' | 'delete' | null>(null)
  const close = (): void => setDialog(null)
  const exchange = query.data
  return (
    <Page
      title={name === '' ? 'Default exchange' : name}
      plate={<KindPlate kind="exchange" />}
      above={[{ title: 'Exchanges', to: '/exchanges' }]}
      badges={
        exchange !== undefined && (
          <>
            <Badge>
              {exchange.type === 'x-topic-log' ? (
                <Link to={pageOf('topic', name, vhost)} className="underline underline-offset-2">
                  topic {name}
                </Link>
              ) : (
                exchange.type
              )}
            </Badge>
            {vhost !== '/' && <Badge>{vhost}</Badge>}
            <Features exchange={exchange} />
          </>
        )
      }
      actions={
        exchange !== undefined && (
          <>
            {exchange.schedule !== undefined && !exchange.internal && <RunNow exchange={exchange} />}
            {!exchange.internal && (
              <Button
                look={exchange.schedule === undefined ? 'primary' : 'plain'}
                icon={<Send size={15} />}
                onClick={() => setDialog('publish')}
              >
                Publish
              </Button>
            )}
            {!isBuiltIn(name) && (
              <Button look="danger" icon={<Trash2 size={15} />} onClick={() => setDialog('delete')}>
                Delete
              </Button>
            )}
          </>
        )
      }
    >
      <Answered query={query}>
        {(exchange) => (
          <>
            {exchange.schedule === undefined ? (
              <Flow exchange={exchange} />
            ) : (
              <ScheduleTiles schedule={exchange.schedule} />
            )}
            <Tabs
              tabs={[
                ...(exchange.schedule === undefined
                  ? []
                  : [
                      {
                        id: 'schedule',
                        title: 'Schedule',
                        content: <SchedulePanel exchange={exchange} onEdit={() => setDialog('edit')} />,
                      },
                      { id: 'flow', title: 'Flow', content: <Flow exchange={exchange} /> },
                    ]),
                {
                  id: 'bindings',
                  title: 'Bindings',
                  content:
                    name === '' ? (
                      <Panel title="Bindings">
                        <p className="text-ink-2">
                          Every queue is bound to the default exchange by its own name; that cannot be changed.
                        </p>
                      </Panel>
                    ) : (
                      <div className="grid gap-5 xl:grid-cols-2">
                        <BindingsPanel vhost={vhost} kind="exchange" name={name} side="from" />
                        <BindingsPanel vhost={vhost} kind="exchange" name={name} side="to" />
                      </div>
                    ),
                },
                ...(exchange.delayed === undefined && exchange.type !== 'x-delayed-message'
                  ? []
                  : [
                      {
                        id: 'delayed',
                        title: 'Delayed',
                        count: exchange.delayed,
                        content: <DelayedPanel vhost={vhost} name={name} count={exchange.delayed ?? 0} />,
                      },
                    ]),
                { id: 'settings', title: 'Settings', content: <Settings exchange={exchange} /> },
              ]}
            />
            {dialog === 'publish' && <PublishDialog vhost={vhost} exchange={name} onClose={close} />}
            {dialog === 'edit' && <EditScheduleDialog exchange={exchange} onClose={close} />}
            {dialog === 'delete' && <DeleteExchangeDialog exchange={exchange} onClose={close} />}
          </>
        )}
      </Answered>
    </Page>
  )
}

/** Beside its ticks, and without counting as one. */
function RunNow({ exchange }: { exchange: ExchangeRow }) {
  const { vhost, name } = exchange
  const run = useChange(
    () => api.post<{ routed: boolean }>(`${path`/exchanges/${vhost}/${name}`}/publish`, messageOf(exchange)),
    ({ routed }) => (routed ? `Published the message of ${name}` : `Published, but nothing is bound to ${name}`),
  )
  return (
    <Button look="primary" icon={<Play size={15} />} busy={run.isPending} onClick={() => run.mutate()}>
      Run now
    </Button>
  )
}

function Flow({ exchange: { vhost, name, message_stats: stats = {}, delayed } }: { exchange: ExchangeRow }) {
  const into = ratesOf(stats.publish_in_details)
  const out = ratesOf(stats.publish_out_details)
  return (
    <div className="grid gap-5 lg:grid-cols-[16rem_minmax(0,1fr)]">
      <div className="flex flex-col gap-5">
        <StatRow>
          <StatTile
            label="In"
            value={<Rate value={stats.publish_in_details?.rate ?? 0} />}
            history={valuesOf(into)}
            note={
              <>
                <Count value={stats.publish_in ?? 0} /> in all
              </>
            }
          />
          <StatTile
            label="Out"
            value={<Rate value={stats.publish_out_details?.rate ?? 0} />}
            history={valuesOf(out)}
            note={
              <>
                <Count value={stats.publish_out ?? 0} /> in all
              </>
            }
          />
          {delayed !== undefined && <DelayedTile vhost={vhost} name={name} count={delayed} />}
        </StatRow>
      </div>
      <Panel title="Messages through it">
        <TimeChart
          title="Messages per second"
          format={humanRate}
          height={160}
          series={[
            { label: 'In', points: into, color: 1, area: true },
            { label: 'Out', points: out, color: 2 },
          ]}
        />
      </Panel>
    </div>
  )
}

function Settings({ exchange }: { exchange: ExchangeRow }) {
  const { type, durable, auto_delete, internal, policy, arguments: all, vhost } = exchange
  return (
    <Panel title="Settings">
      <KeyValue
        items={[
          ['Type', typeTitle(type)],
          ['Vhost', vhost],
          ['Durable', durable ? 'yes' : 'no'],
          ['Deletes itself', auto_delete ? 'with its last binding' : 'no'],
          ['Internal', internal ? 'yes' : 'no'],
          ['Policy', policy || <NoValue key="policy" />],
          ['Arguments', <ArgumentsText key="arguments" all={all} />],
        ]}
      />
    </Panel>
  )
}
