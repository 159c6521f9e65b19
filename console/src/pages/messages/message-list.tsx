/** One row for each message: place, key, state, the beginning of its body. Rows on a phone are cards. */
import { Badge, type Tone } from '../../parts/badge.tsx'
import { humanBytes } from '../../parts/format.ts'
import { Time } from '../../parts/values.tsx'
import { preview } from './body.ts'
import { deathsOf, reasonText } from './deaths.ts'
import type { Message } from './message.ts'
import type { View } from './view.ts'

interface MessageListProps {
  readonly view: View
  readonly messages: readonly Message[]
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (chosen: ReadonlySet<string>) => void
  readonly open: string | null
  readonly onOpen: (id: string) => void
}

export function MessageList({ view, messages, chosen, onChoose, open, onOpen }: MessageListProps) {
  const isQueue = view.kind === 'queue'
  const toggle = (id: string): void => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    onChoose(next)
  }
  const all = messages.length > 0 && messages.every(({ id }) => chosen.has(id))
  return (
    <div className="min-w-0 flex-1 overflow-hidden rounded-lg border border-line bg-panel">
      {isQueue && (
        <label className="flex items-center gap-3 border-b border-line px-3 py-2 text-ink-2">
          <input
            type="checkbox"
            className="size-4.5 accent-accent"
            checked={all}
            onChange={() => onChoose(all ? new Set() : new Set(messages.map(({ id }) => id)))}
          />
          {chosen.size === 0 ? 'Choose all that are shown' : `${chosen.size} chosen`}
        </label>
      )}
      <ul aria-label={isQueue ? 'Messages' : 'Records'}>
        {messages.map((message) => (
          <li
            key={message.id}
            className={`flex items-start border-b border-line last:border-0 ${open === message.id ? 'bg-accent-soft' : 'hover:bg-sunken'}`}
          >
            {isQueue && (
              <span className="flex items-center py-3 pl-3">
                <input
                  type="checkbox"
                  aria-label={`Choose message ${message.place}`}
                  className="size-4.5 accent-accent"
                  checked={chosen.has(message.id)}
                  onChange={() => toggle(message.id)}
                />
              </span>
            )}
            <button
              type="button"
              aria-expanded={open === message.id}
              onClick={() => onOpen(message.id)}
              className="flex min-w-0 flex-1 flex-col gap-1 px-3 py-2.5 text-left"
            >
              <Row message={message} isQueue={isQueue} />
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Row({ message, isQueue }: { message: Message; isQueue: boolean }) {
  const { body, key, place, partition, at, bytes, exchange, isTombstone } = message
  const [death] = deathsOf(message.headers)
  return (
    <>
      <span className="flex w-full flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-mono text-[0.929rem] text-ink-3" title={isQueue ? 'Place' : 'Partition and offset'}>
          {partition === null ? place : `${partition}:${place}`}
        </span>
        <span className="min-w-0 truncate font-medium">
          {exchange !== null && exchange !== '' && <span className="font-normal text-ink-3">{exchange} → </span>}
          {key === '' ? <span className="font-normal text-ink-3">no key</span> : key}
        </span>
        <StateBadges message={message} />
        {death !== undefined && (
          <Badge tone="danger" title={`${death.queue}: ${reasonText(death.reason)}`}>
            dead: {death.reason}
            {death.count > 1 && ` ×${death.count}`}
          </Badge>
        )}
        <span className="ml-auto flex gap-3 text-[0.929rem] whitespace-nowrap text-ink-3">
          <span>{humanBytes(bytes)}</span>
          <Time at={at} />
        </span>
      </span>
      <span className="block w-full truncate font-mono text-[0.929rem] text-ink-2">
        {isTombstone ? 'no value (a tombstone)' : body.kind === 'empty' ? 'no body' : preview(body)}
      </span>
    </>
  )
}

const STATES: Readonly<Record<string, readonly [Tone, string]>> = {
  unacknowledged: ['warn', 'with a consumer, not acknowledged yet'],
  held: ['info', 'set aside until its next try'],
  delayed: ['info', 'its time has not come'],
  leaving: ['neutral', 'on its way to another queue'],
}

/** Nothing for a message that is simply ready. */
export function StateBadges({ message }: { message: Message }) {
  const { state, redelivered, deliveryCount } = message
  const [tone, why] = STATES[state ?? ''] ?? ['neutral', '']
  return (
    <>
      {state !== null && state !== 'ready' && (
        <Badge tone={tone} title={why}>
          {state}
        </Badge>
      )}
      {redelivered && (
        <Badge title="It was handed out before">{deliveryCount ? `came back ×${deliveryCount}` : 'redelivered'}</Badge>
      )}
    </>
  )
}
