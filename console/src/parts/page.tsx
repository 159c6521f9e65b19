/** The frame of a page: title, actions, panels. */
import { ChevronRight } from 'lucide-react'
import { type ReactNode, useEffect } from 'react'
import { Link } from 'react-router'

interface PageProps {
  readonly title: string
  /** In front of the title: a kind plate. */
  readonly plate?: ReactNode
  /** Beside the title: badges. */
  readonly badges?: ReactNode
  /** One line on what this is. */
  readonly lead?: ReactNode
  /** Pages above this one. */
  readonly above?: readonly { readonly title: string; readonly to: string }[]
  readonly actions?: ReactNode
  readonly children: ReactNode
}

export function Page({ title, plate, badges, lead, above, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Signalbox`
  }, [title])
  return (
    <div className="mx-auto flex w-full max-w-[90rem] flex-col gap-5 px-4 py-5 md:px-8 md:py-7">
      <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          {above !== undefined && (
            <nav aria-label="Breadcrumb" className="mb-1 flex flex-wrap items-center gap-1 text-ink-3">
              {above.map(({ title, to }) => (
                <span key={to} className="flex items-center gap-1">
                  <Link to={to} className="hover:text-accent hover:underline">
                    {title}
                  </Link>
                  <ChevronRight size={14} aria-hidden="true" />
                </span>
              ))}
            </nav>
          )}
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            {plate}
            <h1 className="min-w-0 text-[1.643rem] leading-tight font-semibold tracking-tight [overflow-wrap:anywhere]">
              {title}
            </h1>
            {badges}
          </div>
          {lead !== undefined && <p className="mt-1 max-w-prose text-ink-2">{lead}</p>}
        </div>
        {actions !== undefined && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  )
}

/** A framed part of a page. `flush` lets tables reach the frame. */
export function Panel(props: {
  title?: ReactNode
  aside?: ReactNode
  flush?: boolean
  className?: string
  children: ReactNode
}) {
  const { title, aside, flush = false, className = '', children } = props
  return (
    <section className={`min-w-0 rounded-lg border border-line bg-panel ${className}`}>
      {(title !== undefined || aside !== undefined) && (
        <div className="flex min-h-12 flex-wrap items-center justify-between gap-x-4 gap-y-1 border-b border-line px-4 py-2">
          <h2 className="font-semibold">{title}</h2>
          {aside}
        </div>
      )}
      <div className={flush ? '' : 'p-4'}>{children}</div>
    </section>
  )
}

/** Names and values, in columns as there is room. */
export function KeyValue({ items }: { items: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="grid grid-cols-[repeat(auto-fill,minmax(11rem,1fr))] gap-x-6 gap-y-4">
      {items.map(([name, value]) => (
        <div key={name} className="min-w-0">
          <dt className="plate">{name}</dt>
          <dd className="mt-0.5 [overflow-wrap:anywhere]">{value}</dd>
        </div>
      ))}
    </dl>
  )
}
