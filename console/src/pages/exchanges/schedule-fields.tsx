/** The fields that a schedule is made and changed with: when it ticks, and what it publishes. */
import { CheckField, PairsField, SelectField, TextArea, TextField } from '../../parts/form.tsx'
import { cronFields, type Plan, UNITS, type Unit } from './schedule.ts'

interface Props {
  readonly plan: Plan
  readonly onChange: (plan: Plan) => void
}

const USUAL: readonly (readonly [title: string, cron: string])[] = [
  ['Each minute', '* * * * *'],
  ['Each hour', '0 * * * *'],
  ['Each day at 3:00', '0 3 * * *'],
  ['Mondays at 9:00', '0 9 * * MON'],
  ['The last of a month', '0 23 L * *'],
]

const MISSED = [
  { value: 'once', label: 'make up for them with one message' },
  { value: 'skip', label: 'let them pass' },
]

const ZONES = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]

export function ScheduleFields({ plan, onChange }: Props) {
  const change = (part: Partial<Plan>): void => onChange({ ...plan, ...part })
  const { missed, key, payload, encoding, contentType, headers } = plan
  const isBase64 = encoding === 'base64'
  return (
    <>
      <When plan={plan} onChange={onChange} />
      <SelectField
        label="Ticks that are missed"
        help="Because the broker was down."
        value={missed}
        onChange={(missed) => change({ missed })}
        choices={MISSED}
      />
      <fieldset className="flex flex-col gap-4 border-t border-line pt-4">
        <legend className="sr-only">Its message</legend>
        <TextArea
          label={isBase64 ? 'Payload, in base64' : 'Payload'}
          value={payload}
          onChange={(payload) => change({ payload })}
          rows={4}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label="Content type"
            optional
            value={contentType}
            onChange={(contentType) => change({ contentType })}
            suggestions={['application/json', 'text/plain', 'application/octet-stream']}
            mono
          />
          <TextField
            label="Routing key"
            optional
            help="All that is bound gets the message; the key counts from the next exchange on."
            value={key}
            onChange={(key) => change({ key })}
            mono
          />
        </div>
        <CheckField
          label="The payload is base64"
          checked={isBase64}
          onChange={(on) => change({ encoding: on ? 'base64' : 'string' })}
        />
        <PairsField label="Headers" pairs={headers} onChange={(headers) => change({ headers })} add="Add header" />
      </fieldset>
    </>
  )
}

function When({ plan, onChange }: Props) {
  const change = (part: Partial<Plan>): void => onChange({ ...plan, ...part })
  const { by, cron, timezone, every, unit } = plan
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="mb-1 font-medium">Ticks</legend>
      <div className="flex w-fit rounded-md border border-line-strong bg-raised p-0.5">
        {(['cron', 'every'] as const).map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={by === one}
            onClick={() => change({ by: one })}
            className="rounded-sm px-3 py-1 font-medium text-ink-2 hover:text-ink aria-pressed:bg-accent-soft aria-pressed:text-accent-strong"
          >
            {one === 'cron' ? 'By a cron expression' : 'Every so often'}
          </button>
        ))}
      </div>
      {by === 'cron' ? (
        <>
          <div className="grid gap-4 sm:grid-cols-[1fr_14rem]">
            <TextField
              label="Cron expression"
              value={cron}
              onChange={(cron) => change({ cron })}
              error={cron !== '' && cronFields(cron).length === 0 ? 'Five fields, or six with seconds in front.' : null}
              help={<CronHelp cron={cron} />}
              mono
              required
            />
            <TextField
              label="Time zone"
              value={timezone}
              onChange={(timezone) => change({ timezone })}
              suggestions={ZONES}
              mono
              required
            />
          </div>
          <div className="flex flex-wrap gap-1.5">
            {USUAL.map(([title, cron]) => (
              <button
                key={cron}
                type="button"
                onClick={() => change({ cron })}
                className="rounded-full border border-line-strong px-2.5 py-0.5 text-[0.929rem] text-ink-2 hover:border-ink-3 hover:text-ink"
              >
                {title}
              </button>
            ))}
          </div>
        </>
      ) : (
        <div className="grid grid-cols-[8rem_10rem] gap-4">
          <TextField
            label="Every"
            type="number"
            min={1}
            value={every}
            onChange={(every) => change({ every })}
            required
          />
          <SelectField
            label="Unit"
            value={unit}
            onChange={(unit) => change({ unit: unit as Unit })}
            choices={Object.keys(UNITS)}
          />
        </div>
      )}
    </fieldset>
  )
}

function CronHelp({ cron }: { cron: string }) {
  const fields = cronFields(cron)
  if (fields.length === 0) return <>Minute, hour, day of month, month, day of week.</>
  return (
    <span className="flex flex-wrap gap-x-3">
      {fields.map(([name, value]) => (
        <span key={name} className="whitespace-nowrap">
          {name} <code className="text-ink">{value}</code>
        </span>
      ))}
    </span>
  )
}
