/** What is drawn, and how: by name, by kind, as a graph or as a list. */
import { List, Search, Waypoints } from 'lucide-react'
import { useMemo } from 'react'
import type { GraphNode, NodeKind, Topology } from './graph.ts'
import { KINDS } from './look.ts'

interface ToolbarProps {
  readonly topology: Topology
  readonly view: string
  readonly text: string
  readonly hidden: ReadonlySet<NodeKind>
  readonly set: (name: string, value: string | null) => void
}

export function Toolbar({ topology, view, text, hidden, set }: ToolbarProps) {
  const counts = useMemo(() => countsOf(topology.nodes), [topology])
  const toggle = (kind: NodeKind): void => {
    const next = new Set(hidden)
    if (!next.delete(kind)) next.add(kind)
    set('hide', [...next].join(','))
  }
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
      <label className="relative w-full md:w-64">
        <span className="sr-only">Find by name</span>
        <Search size={15} className="pointer-events-none absolute top-2.5 left-2.5 text-ink-3" aria-hidden="true" />
        <input
          type="search"
          className="field pl-8!"
          placeholder="Find by name"
          value={text}
          onChange={(event) => set('find', event.target.value)}
        />
      </label>
      <fieldset className="flex flex-wrap gap-1.5">
        <legend className="sr-only">Kinds that are shown</legend>
        {counts.map(([kind, count]) => (
          <button
            key={kind}
            type="button"
            aria-pressed={!hidden.has(kind)}
            onClick={() => toggle(kind)}
            className={`inline-flex min-h-8 items-center gap-1.5 rounded-full border px-2.5 text-[0.929rem] ${hidden.has(kind) ? 'border-line text-ink-3 line-through' : 'border-line-strong bg-raised text-ink-2'}`}
          >
            <span
              aria-hidden="true"
              className="size-2 rounded-full"
              style={{ background: hidden.has(kind) ? 'var(--line-strong)' : KINDS[kind].colour }}
            />
            {count} {count === 1 ? KINDS[kind].title.toLowerCase() : KINDS[kind].many}
          </button>
        ))}
      </fieldset>
      <fieldset aria-label="Shown as" className="ml-auto flex rounded-md border border-line-strong bg-raised p-0.5">
        {(['graph', 'list'] as const).map((one) => (
          <button
            key={one}
            type="button"
            aria-pressed={view === one}
            onClick={() => set('view', one)}
            className={`inline-flex items-center gap-1.5 rounded-sm px-2.5 py-1 ${view === one ? 'bg-accent-soft font-medium text-accent-strong' : 'text-ink-2'}`}
          >
            {one === 'graph' ? <Waypoints size={15} aria-hidden="true" /> : <List size={15} aria-hidden="true" />}
            {one === 'graph' ? 'Graph' : 'List'}
          </button>
        ))}
      </fieldset>
    </div>
  )
}

function countsOf(nodes: readonly GraphNode[]): [NodeKind, number][] {
  return (Object.keys(KINDS) as NodeKind[]).flatMap((kind) => {
    const count = nodes.filter((node) => node.kind === kind).length
    return count === 0 ? [] : [[kind, count] as [NodeKind, number]]
  })
}
