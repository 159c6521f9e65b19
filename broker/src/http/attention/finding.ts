/** One thing that somebody should look at. */

export type Severity = 'critical' | 'warning' | 'info'

export type FindingKind =
  | 'alarm'
  | 'disk-near-limit'
  | 'growing-backlog'
  | 'queue-full'
  | 'no-consumers'
  | 'paused'
  | 'dead-letters'
  | 'lost-records'
  | 'unroutable'
  | 'held-unacknowledged'
  | 'lagging-group'
  | 'stuck-transaction'

export interface Finding {
  readonly severity: Severity
  readonly kind: FindingKind
  /** Absent: of the whole broker. */
  readonly vhost?: string
  readonly object?: { readonly kind: string; readonly name: string }
  readonly text: string
  /** ms since 1970 */
  readonly since?: number
  /** How much of it: what `kind` is measured in. Of the same kind, more is more urgent. */
  readonly value?: number
}

const URGENCY: Readonly<Record<Severity, number>> = { critical: 0, warning: 1, info: 2 }

/** The most urgent first. */
export function byUrgency(a: Finding, b: Finding): number {
  return URGENCY[a.severity] - URGENCY[b.severity] || (b.value ?? 0) - (a.value ?? 0)
}

export function count(number: number): string {
  return Math.round(number).toLocaleString('en-US')
}

export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
