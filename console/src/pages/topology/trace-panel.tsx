/** "Where would this message go?": asks the broker, and says in words what the drawing shows in light. */
import { CircleCheck, CircleX, CornerDownRight, X } from 'lucide-react'
import { type FormEvent, useId, useState } from 'react'
import { KindPlate, ObjectLink } from '../../parts/badge.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { Field, type Pair, PairsField, TextField } from '../../parts/form.tsx'
import { plural } from '../../parts/format.ts'
import { ErrorState } from '../../parts/states.tsx'
import type { TraceAnswer, TraceQuestion } from './trace.ts'

interface TracePanelProps {
  readonly vhost: string
  readonly exchanges: readonly string[]
  readonly asked: TraceQuestion | null
  readonly answer: TraceAnswer | null
  readonly error: unknown
  readonly busy: boolean
  readonly onAsk: (question: TraceQuestion) => void
  readonly onClose: () => void
}

export function TracePanel({ vhost, exchanges, asked, answer, error, busy, onAsk, onClose }: TracePanelProps) {
  const [exchange, setExchange] = useState(asked?.exchange ?? exchanges.find((name) => name !== '') ?? '')
  const [routingKey, setRoutingKey] = useState(asked?.routingKey ?? '')
  const [headers, setHeaders] = useState<readonly Pair[]>(asked?.headers ?? [])
  const names = useId()
  const ask = (event: FormEvent): void => {
    event.preventDefault()
    onAsk({ exchange, routingKey, headers })
  }
  return (
    <section aria-label="Trace a message" className="flex flex-col gap-4 p-4">
      <div className="flex items-start gap-2">
        <h2 className="flex-1 font-semibold">Where would this message go?</h2>
        <IconButton label="Close" className="-mt-1 -mr-1" onClick={onClose}>
          <X size={16} />
        </IconButton>
      </div>
      <form onSubmit={ask} className="flex flex-col gap-3">
        <Field label="Exchange or topic" help="Empty for the default exchange.">
          {(attributes) => (
            <>
              <input
                {...attributes}
                className="field font-mono"
                list={names}
                value={exchange}
                spellCheck={false}
                autoComplete="off"
                onChange={(event) => setExchange(event.target.value)}
              />
              <datalist id={names}>
                {exchanges.map((name) => (
                  <option key={name} value={name} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        <TextField label="Routing key" mono value={routingKey} onChange={setRoutingKey} />
        <PairsField label="Headers" pairs={headers} onChange={setHeaders} add="Add header" />
        <Button type="submit" look="primary" busy={busy}>
          Trace
        </Button>
      </form>
      <div aria-live="polite">
        {error !== null ? <ErrorState error={error} /> : answer !== null && <Verdict vhost={vhost} answer={answer} />}
      </div>
    </section>
  )
}

function Verdict({ vhost, answer }: { vhost: string; answer: TraceAnswer }) {
  const { unroutable, queues, topics, edges, alternate_used: usesAlternate } = answer
  const targets = [
    ...queues.map((name) => ({ kind: 'queue' as const, name })),
    ...topics.map((name) => ({ kind: 'topic' as const, name })),
  ]
  if (unroutable) {
    return (
      <div className="rounded-md bg-danger-soft p-3 text-danger">
        <p className="flex items-center gap-2 font-semibold">
          <CircleX size={17} aria-hidden="true" /> Unroutable
        </p>
        <p className="mt-1">
          No binding takes it. It would be dropped, or returned to its publisher if it is mandatory.
        </p>
      </div>
    )
  }
  return (
    <div className="flex flex-col gap-2">
      <p className="flex items-center gap-2 font-semibold text-accent-strong">
        <CircleCheck size={17} aria-hidden="true" />
        {plural(targets.length, 'target')}
      </p>
      {usesAlternate && (
        <p className="rounded-md bg-warn-soft p-2 text-warn">
          No binding takes it, so it goes to the alternate exchange.
        </p>
      )}
      {edges.some(({ one_of: isOneOf }) => isOneOf) && (
        <p className="rounded-md bg-info-soft p-2 text-info">
          An exchange on the way takes one of its bindings by chance.
        </p>
      )}
      <ul className="flex flex-col gap-1">
        {targets.map(({ kind, name }) => (
          <li key={`${kind} ${name}`} className="flex items-center gap-2">
            <CornerDownRight size={14} className="text-ink-3" aria-hidden="true" />
            <KindPlate kind={kind} />
            <ObjectLink kind={kind} name={name} vhost={vhost} />
          </li>
        ))}
      </ul>
    </div>
  )
}
