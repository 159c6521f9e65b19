/** Small pieces that show one value each: numbers, bytes, rates and times, readable, and exact on hover. */
import { type ReactNode, useEffect, useState } from 'react'
import {
  absoluteTime,
  exactNumber,
  humanBytes,
  humanNumber,
  humanRate,
  humanSpan,
  relativeTime,
  timeOf,
} from './format.ts'

/** Stands where there is no value. */
export const NoValue = () => (
  <span className="text-ink-3" aria-hidden="true">
    –
  </span>
)

export function Count({ value }: { value: number | undefined | null }): ReactNode {
  if (value === undefined || value === null) return <NoValue />
  return <span title={exactNumber(value)}>{humanNumber(value)}</span>
}

export function Bytes({ value }: { value: number | undefined | null }): ReactNode {
  if (value === undefined || value === null) return <NoValue />
  return <span title={`${exactNumber(value)} bytes`}>{humanBytes(value)}</span>
}

export function Rate({ value }: { value: number | undefined | null }): ReactNode {
  if (value === undefined || value === null) return <NoValue />
  return (
    <span className={value === 0 ? 'text-ink-3' : undefined} title={`${exactNumber(value)} per second`}>
      {humanRate(value)}
    </span>
  )
}

export function Span({ ms }: { ms: number | undefined | null }): ReactNode {
  if (ms === undefined || ms === null) return <NoValue />
  return <span title={`${exactNumber(ms)} ms`}>{humanSpan(ms)}</span>
}

/** Relative, absolute on hover, and keeps up with the clock. */
export function Time({ at }: { at: number | string | undefined | null }): ReactNode {
  const [, again] = useState(0)
  const time = at === undefined || at === null ? Number.NaN : timeOf(at)
  useEffect(() => {
    if (Number.isNaN(time)) return
    const timer = setInterval(() => again((n) => n + 1), Math.abs(Date.now() - time) < 60_000 ? 5000 : 30_000)
    return () => clearInterval(timer)
  }, [time])
  if (Number.isNaN(time)) return <NoValue />
  return (
    <time dateTime={new Date(time).toISOString()} title={absoluteTime(time)}>
      {relativeTime(time)}
    </time>
  )
}
