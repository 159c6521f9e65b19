/** What needs attention, the most urgent first, each leading to where something can be done about it. */
import { ChevronRight } from 'lucide-react'
import { Link } from 'react-router'
import { useGet } from '../../api/queries.ts'
import type { Attention } from '../../api/types.ts'
import { type ObjectKind, pageOf } from '../../links.ts'
import { Badge, Lamp, type Tone } from '../../parts/badge.tsx'
import { Panel } from '../../parts/page.tsx'
import { Answered, LoadingBlock } from '../../parts/states.tsx'
import { Time } from '../../parts/values.tsx'

const SHOWN = 8

const TONES: Readonly<Record<Attention['severity'], Tone>> = { critical: 'danger', warning: 'warn', info: 'info' }

const LINKED = new Set<string>([
  'queue',
  'stream',
  'exchange',
  'topic',
  'group',
  'connection',
  'channel',
  'vhost',
  'user',
])

export function AttentionPanel() {
  const query = useGet<Attention[]>('/attention')
  const count = query.data?.length ?? 0
  return (
    <Panel
      flush
      title="Needs attention"
      aside={count > 0 && <Badge tone={TONES[query.data![0].severity]}>{count}</Badge>}
      className="flex flex-col"
    >
      <Answered query={query} loading={<LoadingBlock lines={3} />}>
        {(items) => (items.length === 0 ? <AllClear /> : <Items items={items} />)}
      </Answered>
    </Panel>
  )
}

function AllClear() {
  return (
    <div className="flex items-center gap-3 px-4 py-6">
      <span className="relative flex size-3" aria-hidden="true">
        <span className="absolute -inset-1.5 rounded-full bg-accent/20" />
        <span className="size-3 rounded-full bg-accent" />
      </span>
      <div>
        <p className="font-semibold">Line clear</p>
        <p className="text-ink-2">No alarms, no growing backlog, no group falling behind.</p>
      </div>
    </div>
  )
}

function Items({ items }: { items: readonly Attention[] }) {
  return (
    <>
      <ul>
        {items.slice(0, SHOWN).map((item) => (
          <li
            key={`${item.kind} ${item.vhost} ${item.object?.name} ${item.text}`}
            className="border-b border-line last:border-0"
          >
            <Item item={item} />
          </li>
        ))}
      </ul>
      {items.length > SHOWN && (
        <p className="border-t border-line px-4 py-2 text-ink-3">and {items.length - SHOWN} more</p>
      )}
    </>
  )
}

function Item({ item }: { item: Attention }) {
  const { severity, object, vhost, text, since } = item
  const to =
    object !== undefined && LINKED.has(object.kind) ? pageOf(object.kind as ObjectKind, object.name, vhost) : null
  const inside = (
    <>
      <span className={`mt-1.5 ${severity === 'critical' ? 'text-danger' : ''}`}>
        <Lamp tone={TONES[severity]} lit={severity === 'critical'} />
      </span>
      <span className="min-w-0 flex-1">
        <span className="block [overflow-wrap:anywhere]">
          <span className="sr-only">{severity}: </span>
          {text}
        </span>
        <span className="block text-[0.929rem] text-ink-3">
          {object !== undefined && `${object.kind} ${object.name}`}
          {vhost !== undefined && vhost !== '/' && ` in ${vhost}`}
          {since !== undefined && (
            <>
              {object !== undefined && ' · '}
              <Time at={since} />
            </>
          )}
        </span>
      </span>
    </>
  )
  const row = 'flex items-start gap-3 px-4 py-2.5'
  if (to === null) return <div className={row}>{inside}</div>
  return (
    <Link to={to} className={`${row} hover:bg-raised`}>
      {inside}
      <ChevronRight size={16} className="mt-1 text-ink-3" aria-hidden="true" />
    </Link>
  )
}
