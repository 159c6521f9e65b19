/** The routing as an indented list: what the drawing shows, for phones and for readers who hear it. */
import { CornerDownRight } from 'lucide-react'
import { useMemo } from 'react'
import { KindPlate } from '../../parts/badge.tsx'
import { Rate } from '../../parts/values.tsx'
import { factOf } from './facts.ts'
import { type Flow, flowsOf } from './flows.ts'
import type { GraphNode, Line } from './graph.ts'
import { LINES, titleOf } from './look.ts'
import type { Lit } from './trace.ts'

interface FlowListProps {
  readonly nodes: readonly GraphNode[]
  readonly lines: readonly Line[]
  readonly selected: string | null
  readonly onSelect: (id: string) => void
  readonly lit: Lit | null
  readonly targets: ReadonlySet<string>
}

export function FlowList({ nodes, lines, ...rest }: FlowListProps) {
  const flows = useMemo(() => flowsOf(nodes, lines), [nodes, lines])
  return (
    <ul className="flex flex-col gap-3 p-3" aria-label="Flows">
      {flows.map((flow) => (
        <li key={flow.node.id} className="rounded-md border border-line bg-raised p-1">
          <FlowRow flow={flow} depth={0} {...rest} />
        </li>
      ))}
    </ul>
  )
}

type RowProps = Omit<FlowListProps, 'nodes' | 'lines'> & { readonly flow: Flow; readonly depth: number }

function FlowRow({ flow, depth, ...rest }: RowProps) {
  const { node, line, next, toldBefore } = flow
  const { selected, onSelect, lit, targets } = rest
  const fact = factOf(node)
  const mark = targets.has(node.id)
    ? 'bg-accent-soft text-accent-strong'
    : lit?.nodes.has(node.id)
      ? 'bg-sunken'
      : selected === node.id
        ? 'bg-sunken'
        : ''
  return (
    <>
      <button
        type="button"
        onClick={() => onSelect(node.id)}
        aria-pressed={selected === node.id}
        className={`flex w-full flex-col gap-0.5 rounded-sm px-2 py-1.5 text-left hover:bg-sunken ${mark}`}
      >
        {line !== null && (line.labels.length > 0 || LINES[line.kind].dashes !== null) && (
          <span className="flex items-center gap-1.5 text-[0.857rem] text-ink-3">
            <CornerDownRight size={13} aria-hidden="true" style={{ color: LINES[line.kind].colour }} />
            {LINES[line.kind].title}
            <code className="truncate">{line.labels.slice(0, 3).join(', ')}</code>
            {line.labels.length > 3 && <span>+{line.labels.length - 3}</span>}
          </span>
        )}
        <span className="flex w-full items-center gap-2">
          <KindPlate kind={node.kind} />
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium">{titleOf(node.kind, node.name)}</span>
            {fact !== null && (
              <span className={`block truncate text-[0.857rem] ${fact.isWarning ? 'text-warn' : 'text-ink-3'}`}>
                {fact.text}
              </span>
            )}
          </span>
          <span className="w-16 shrink-0 text-right">
            <Rate value={node.rate} />
          </span>
        </span>
        {toldBefore && <span className="text-[0.857rem] text-ink-3">goes on as above</span>}
      </button>
      {next.length > 0 && (
        <ul className={`border-l-2 border-line ${depth < 5 ? 'ml-3 pl-1.5' : ''}`}>
          {next.map((one) => (
            <li key={`${one.line?.id}`}>
              <FlowRow flow={one} depth={depth + 1} {...rest} />
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
