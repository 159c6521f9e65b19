/** What an exchange keeps until its time: the soonest first, delivered before it, or taken away. */
import { Clock, Send, Trash2, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { api, path } from '../../api/client.ts'
import { useChange, useGet } from '../../api/queries.ts'
import { exchangeSegment } from '../../links.ts'
import { BodyView } from '../../parts/body.tsx'
import { Button, IconButton } from '../../parts/button.tsx'
import { ConfirmDialog } from '../../parts/dialog.tsx'
import { absoluteTime, exactNumber, humanBytes } from '../../parts/format.ts'
import { KeyValue, Panel } from '../../parts/page.tsx'
import { StatTile } from '../../parts/stat-tile.tsx'
import { Answered, EmptyState } from '../../parts/states.tsx'
import { Count, NoValue, Time } from '../../parts/values.tsx'
import { ArgumentsText } from './bindings-panel.tsx'

/** As the API gives it. */
interface DelayedMessage {
  readonly place: number
  readonly routing_key: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly payload: string
  readonly payload_encoding: 'string' | 'base64'
  readonly payload_bytes: number
  readonly truncated: boolean
  readonly arrival: number
  readonly due: number
}

interface Answer {
  readonly messages: readonly DelayedMessage[]
  readonly next: number | null
}

const SHOWN = 100

interface Props {
  readonly vhost: string
  readonly name: string
  /** All there are. */
  readonly count: number
}

const targetOf = (vhost: string, name: string): string =>
  `${path`/exchanges/${vhost}/${exchangeSegment(name)}`}/delayed`

const useDelayed = (vhost: string, name: string) => useGet<Answer>(targetOf(vhost, name), { limit: SHOWN })

/** How many there are, and when the next one comes. */
export function DelayedTile({ vhost, name, count }: Props) {
  const { data, isError } = useDelayed(vhost, name)
  const next = Math.min(...(data?.messages ?? []).map(({ due }) => due))
  return (
    <StatTile
      label="Held back"
      value={<Count value={count} />}
      note={
        !isError && Number.isFinite(next) ? (
          <>
            the next comes <Time at={next} />
          </>
        ) : (
          'until their time'
        )
      }
      to="?tab=delayed"
    />
  )
}

export function DelayedPanel({ vhost, name, count }: Props) {
  const target = targetOf(vhost, name)
  const query = useDelayed(vhost, name)
  const [open, setOpen] = useState<number | null>(null)
  const deliver = useChange(({ place }: DelayedMessage) => api.post(`${target}/${place}/deliver`), 'Delivered')
  const [leaving, setLeaving] = useState<DelayedMessage | null>(null)
  const cancel = useChange(({ place }: DelayedMessage) => api.del(`${target}/${place}`), 'Taken away')
  return (
    <Panel
      flush
      title={
        <>
          Held back until their time<span className="ml-2 font-normal text-ink-3">{exactNumber(count)}</span>
        </>
      }
      aside={count > SHOWN && <span className="text-ink-3">{SHOWN} of those that come soonest</span>}
    >
      <Answered query={query}>
        {({ messages }) =>
          messages.length === 0 ? (
            <EmptyState icon={<Clock size={28} />} title="Nothing waits for its time" />
          ) : (
            <ul aria-label="Delayed messages">
              {[...messages]
                .sort((a, b) => a.due - b.due)
                .map((message) => (
                  <li key={message.place} className="border-b border-line last:border-0">
                    <Row
                      message={message}
                      isOpen={open === message.place}
                      onOpen={() => setOpen(open === message.place ? null : message.place)}
                    />
                    {open === message.place && (
                      <Detail
                        message={message}
                        actions={
                          <>
                            <Button
                              small
                              icon={<Send size={14} />}
                              busy={deliver.isPending}
                              onClick={() => deliver.mutate(message)}
                            >
                              Deliver now
                            </Button>
                            <Button small look="danger" icon={<Trash2 size={14} />} onClick={() => setLeaving(message)}>
                              Take away
                            </Button>
                            <IconButton label="Close" onClick={() => setOpen(null)}>
                              <X size={16} />
                            </IconButton>
                          </>
                        }
                      />
                    )}
                  </li>
                ))}
            </ul>
          )
        }
      </Answered>
      <ConfirmDialog
        open={leaving !== null}
        onClose={() => setLeaving(null)}
        title="Take this message away?"
        action="Take away"
        busy={cancel.isPending}
        onConfirm={() => cancel.mutate(leaving!, { onSuccess: () => setLeaving(null) })}
      >
        It would have come {leaving !== null && absoluteTime(leaving.due)}. It is gone for good, and is no dead letter.
      </ConfirmDialog>
    </Panel>
  )
}

function Row({ message, isOpen, onOpen }: { message: DelayedMessage; isOpen: boolean; onOpen: () => void }) {
  const { due, routing_key, payload, payload_encoding, payload_bytes } = message
  return (
    <button
      type="button"
      aria-expanded={isOpen}
      onClick={onOpen}
      className={`grid w-full grid-cols-[8rem_minmax(0,1fr)_auto] items-baseline gap-x-4 px-4 py-2.5 text-left hover:bg-sunken max-md:grid-cols-[minmax(0,1fr)_auto] ${isOpen ? 'bg-accent-soft' : ''}`}
    >
      <span className="font-semibold whitespace-nowrap">
        <Time at={due} />
      </span>
      <span className="min-w-0 max-md:order-last max-md:col-span-2">
        <span className="mr-3 font-medium">{routing_key || <span className="text-ink-3">no key</span>}</span>
        <span className="block truncate font-mono text-[0.929rem] text-ink-2">
          {payload_encoding === 'string' ? payload : 'octets'}
        </span>
      </span>
      <span className="text-[0.929rem] text-ink-3">{humanBytes(payload_bytes)}</span>
    </button>
  )
}

function Detail({ message, actions }: { message: DelayedMessage; actions: ReactNode }) {
  const { due, arrival, routing_key, payload, payload_encoding, payload_bytes, truncated } = message
  const { headers = {}, ...properties } = message.properties
  return (
    <div className="flex flex-col gap-4 border-t border-line p-4">
      <div className="flex flex-wrap items-center gap-2">
        <span className="mr-auto">Comes {absoluteTime(due)}</span>
        {actions}
      </div>
      <BodyView payload={payload} encoding={payload_encoding} bytes={payload_bytes} truncated={truncated} />
      <KeyValue
        items={[
          ['Routing key', routing_key === '' ? <NoValue key="none" /> : <code key="key">{routing_key}</code>],
          ['Published', <Time key="published" at={arrival} />],
          ['Headers', <ArgumentsText key="headers" all={headers as Readonly<Record<string, unknown>>} />],
          ['Properties', <ArgumentsText key="properties" all={properties} />],
        ]}
      />
    </div>
  )
}
