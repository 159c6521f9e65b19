/** What needs attention, the most urgent first, each leading to where something can be done about it. */
import { ChevronRight } from 'lucide-react'
import { Link } from 'react-router'
import { useGet } from '../../api/queries.ts'
import type { Attention } from '../../api/types.ts'
import { type ObjectKind, pageOf } from '../../links.ts'
import { Badge, Lamp, type Tone } from '../../parts/badge.tsx'
import { absoluteTime, humanSpan, timeOf } from '../../parts/format.ts'
import { Panel } from '../../parts/page.tsx'
import { Answered, LoadingBlock } from '../../parts/states.tsx'

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
  'transaction',
])

export function AttentionPanel() {
  const query = useGet<Attention[]>('/attention')
  const count = query.data === undefined ? 0 : byObject(query.data).length
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

/** What is said of one object stands together, where the most urgent of it stands. */
function byObject(items: readonly Attention[]): Attention[][] {
  const groups = new Map<string, Attention[]>()
  for (const item of items) {
    const key = item.object === undefined ? item.text : JSON.stringify([item.vhost, item.object.kind, item.object.name])
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return [...groups.values()]
}

function Items({ items }: { items: readonly Attention[] }) {
  const groups = byObject(items)
  return (
    <>
      <ul>
        {groups.slice(0, SHOWN).map((group) => (
          <li
            key={`${group[0].vhost} ${group[0].object?.kind} ${group[0].object?.name} ${group[0].kind}`}
            className="border-b border-line last:border-0"
          >
            <Item group={group} />
          </li>
        ))}
      </ul>
      {groups.length > SHOWN && (
        <p className="border-t border-line px-4 py-2 text-ink-3">and {groups.length - SHOWN} more</p>
      )}
    </>
  )
}

function Item({ group }: { group: readonly Attention[] }) {
  const [{ severity, object, vhost, since }] = group
  const to =
    object !== undefined && LINKED.has(object.kind) ? pageOf(object.kind as ObjectKind, object.name, vhost) : null
  const inside = (
    <>
      <span className={`mt-1.5 ${severity === 'critical' ? 'text-danger' : ''}`}>
        <Lamp tone={TONES[severity]} lit={severity === 'critical'} />
      </span>
      <span className="min-w-0 flex-1">
        {object !== undefined && (
          <span className="block font-semibold [overflow-wrap:anywhere]">
            {object.name}
            <span className="ml-1.5 font-normal text-ink-3">
              {object.kind}
              {vhost !== undefined && vhost !== '/' && ` in ${vhost}`}
            </span>
          </span>
        )}
        {group.map(({ text }) => (
          <span key={text} className="block text-ink-2">
            {text}
          </span>
        ))}
        <span className="sr-only">{severity}</span>
        {since !== undefined && (
          <span className="block text-[0.929rem] text-ink-3">
            for <Since at={since} />
          </span>
        )}
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

function Since({ at }: { at: number | string }) {
  const time = timeOf(at)
  return (
    <time dateTime={new Date(time).toISOString()} title={absoluteTime(time)}>
      {humanSpan(Math.max(1000, Date.now() - time))}
    </time>
  )
}
