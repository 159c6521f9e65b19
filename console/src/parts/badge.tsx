/** Lamps, plates and badges: what state a thing is in, what kind it is. Never by colour alone. */
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { type ObjectKind, pageOf } from '../links.ts'

export type Tone = 'neutral' | 'good' | 'warn' | 'danger' | 'info'

const TONES: Readonly<Record<Tone, string>> = {
  neutral: 'bg-sunken text-ink-2',
  good: 'bg-accent-soft text-accent-strong',
  warn: 'bg-warn-soft text-warn',
  danger: 'bg-danger-soft text-danger',
  info: 'bg-info-soft text-info',
}

export function Badge({ tone = 'neutral', title, children }: { tone?: Tone; title?: string; children: ReactNode }) {
  return (
    <span
      title={title}
      className={`inline-flex items-center gap-1 rounded-sm px-1.5 py-px text-[0.857rem] leading-5 font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  )
}

const LAMPS: Readonly<Record<Tone, string>> = {
  neutral: 'bg-ink-3',
  good: 'bg-lamp-good',
  warn: 'bg-lamp-warn',
  danger: 'bg-lamp-danger',
  info: 'bg-lamp-info',
}

/** A lamp beside a word. */
export function Lamp({ tone, lit = false }: { tone: Tone; lit?: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={`inline-block size-2 shrink-0 rounded-full ${LAMPS[tone]} ${lit ? 'ring-3 ring-current/15' : ''}`}
    />
  )
}

const KINDS: Readonly<Record<string, string>> = {
  exchange: 'X',
  queue: 'Q',
  stream: 'S',
  topic: 'T',
  group: 'G',
  consumer: 'C',
  publisher: 'P',
  connection: 'CN',
  channel: 'CH',
  vhost: 'V',
  user: 'U',
}

/** The lever plate of a kind of object: one letter in a frame. */
export function KindPlate({ kind }: { kind: string }) {
  return (
    <span
      title={kind}
      className="inline-flex h-5 min-w-5 shrink-0 items-center justify-center rounded-sm border border-line-strong px-1 font-mono text-[0.786rem] font-semibold text-ink-2"
    >
      {KINDS[kind] ?? kind.slice(0, 1).toUpperCase()}
    </span>
  )
}

/** An object's name, leading to its page. */
export function ObjectLink(props: { kind: ObjectKind; name: string; vhost?: string; plate?: boolean }) {
  const { kind, name, vhost, plate = false } = props
  return (
    <Link
      to={pageOf(kind, name, vhost)}
      className="inline-flex max-w-full items-baseline gap-1.5 font-medium hover:text-accent hover:underline underline-offset-3"
    >
      {plate && <KindPlate kind={kind} />}
      <span className="min-w-0 break-words">
        {kind === 'exchange' && name === '' ? <span className="text-ink-2">(default exchange)</span> : name}
      </span>
    </Link>
  )
}
