/** A schedule on its exchange's page: when it ticks, when it did, and what it publishes. */
import { Pencil } from 'lucide-react'
import type { ReactNode } from 'react'
import type { ExchangeRow, Schedule } from '../../api/types.ts'
import { BodyView } from '../../parts/body.tsx'
import { Button } from '../../parts/button.tsx'
import { absoluteTime, humanSpan } from '../../parts/format.ts'
import { KeyValue, Panel } from '../../parts/page.tsx'
import { StatRow, StatTile } from '../../parts/stat-tile.tsx'
import { Count, NoValue, Time } from '../../parts/values.tsx'
import { ArgumentsText } from './bindings-panel.tsx'
import { cronFields, planOf, UNITS } from './schedule.ts'

export function ScheduleTiles({ schedule: { next_at, last_at, fired, missed } }: { schedule: Schedule }) {
  return (
    <StatRow>
      <StatTile
        label="Next tick"
        value={next_at === null ? 'never' : <Time at={next_at} />}
        note={next_at === null ? 'no time is left' : absoluteTime(next_at)}
      />
      <StatTile
        label="Last tick"
        value={last_at === null ? 'none yet' : <Time at={last_at} />}
        note={last_at === null ? undefined : absoluteTime(last_at)}
      />
      <StatTile label="Published" value={<Count value={fired} />} note="ticks since the broker started" />
      <StatTile
        label="Missed"
        value={<Count value={missed} />}
        tone={missed > 0 ? 'warn' : 'plain'}
        note="without a message of their own"
      />
    </StatRow>
  )
}

export function SchedulePanel({ exchange, onEdit }: { exchange: ExchangeRow; onEdit: () => void }) {
  const plan = planOf(exchange.arguments)
  const { missed, key, payload, encoding, contentType, headers, others } = plan
  const rest = Object.entries(others)
  return (
    <div className="grid items-start gap-5 xl:grid-cols-2">
      <Panel
        title="Ticks"
        aside={
          <Button small icon={<Pencil size={14} />} onClick={onEdit}>
            Change
          </Button>
        }
      >
        <div className="flex flex-col gap-5">
          {plan.by === 'cron' ? (
            <CronExpression cron={plan.cron} />
          ) : (
            <Interval ms={Number(plan.every) * UNITS[plan.unit]} />
          )}
          <KeyValue
            items={[
              ...(plan.by === 'cron' ? [['Time zone', plan.timezone] as const] : []),
              ['Missed ticks', missed === 'skip' ? 'pass' : 'one message for all of them'],
            ]}
          />
        </div>
      </Panel>
      <Panel title="Its message">
        <div className="flex flex-col gap-5">
          <BodyView payload={payload} encoding={encoding} />
          <KeyValue
            items={[
              ['Routing key', key === '' ? <NoValue key="none" /> : <code key="key">{key}</code>],
              ['Content type', contentType || <NoValue key="none" />],
              ...rest.map(([name, value]): [string, ReactNode] => [titleOf(name), String(value)]),
              ['Headers', <ArgumentsText key="headers" all={Object.fromEntries(headers)} />],
            ]}
          />
        </div>
      </Panel>
    </div>
  )
}

/** `reply_to` as `Reply to`. */
const titleOf = (property: string): string => property.charAt(0).toUpperCase() + property.slice(1).replaceAll('_', ' ')

function CronExpression({ cron }: { cron: string }) {
  return (
    <dl
      aria-label={`Cron expression ${cron}`}
      className="grid grid-cols-[repeat(auto-fit,minmax(6.5rem,1fr))] gap-px overflow-hidden rounded-md border border-line"
    >
      {cronFields(cron).map(([name, value]) => (
        <div key={name} className="bg-panel px-3 py-2 shadow-[0_0_0_1px_var(--line)]">
          <dt className="plate whitespace-nowrap">{name}</dt>
          <dd className="mt-0.5 font-mono text-[1.286rem] font-semibold [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Interval({ ms }: { ms: number }) {
  return (
    <p>
      <span className="plate block">Every</span>
      <span className="text-[1.714rem] leading-tight font-semibold tracking-tight">{humanSpan(ms)}</span>
    </p>
  )
}
