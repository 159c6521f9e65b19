/** One number of an instrument panel: a plate, the value, and how it went. */
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { Sparkline } from './sparkline.tsx'

interface StatTileProps {
  readonly label: string
  readonly value: ReactNode
  /** Below the value. */
  readonly note?: ReactNode
  /** Oldest first. */
  readonly history?: readonly number[] | undefined
  readonly to?: string
  readonly tone?: 'plain' | 'warn' | 'danger'
}

export function StatTile({ label, value, note, history, to, tone = 'plain' }: StatTileProps) {
  const color = tone === 'danger' ? 'text-danger' : tone === 'warn' ? 'text-warn' : 'text-ink'
  const inside = (
    <>
      <span className="plate block">{label}</span>
      <span className="mt-1 flex items-end justify-between gap-3">
        <span className={`text-[1.714rem] leading-none font-semibold tracking-tight whitespace-nowrap ${color}`}>
          {value}
        </span>
        {history !== undefined && history.length > 1 && <Sparkline values={history} />}
      </span>
      {note !== undefined && <span className="mt-1.5 block text-[0.929rem] text-ink-3">{note}</span>}
    </>
  )
  const box = 'block min-w-0 bg-panel px-4 py-3.5 shadow-[0_0_0_1px_var(--line)]'
  return to === undefined ? (
    <div className={box}>{inside}</div>
  ) : (
    <Link to={to} className={`${box} hover:bg-raised focus-visible:relative focus-visible:z-1`}>
      {inside}
    </Link>
  )
}

/** Tiles side by side, parted by hairlines. */
export function StatRow({ children }: { children: ReactNode }) {
  return (
    <div className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-panel sm:grid-cols-[repeat(auto-fit,minmax(9.5rem,1fr))]">
      {children}
    </div>
  )
}
