/** What is pointed at: its numbers, what comes to it and where it goes on to, and the way to its page. */
import { X } from 'lucide-react'
import { pageOf } from '../../links.ts'
import { Badge, KindPlate } from '../../parts/badge.tsx'
import { IconButton, LinkButton } from '../../parts/button.tsx'
import { humanRate } from '../../parts/format.ts'
import { KeyValue } from '../../parts/page.tsx'
import { allFacts } from './facts.ts'
import type { GraphNode, Line } from './graph.ts'
import { KINDS, LINES, titleOf } from './look.ts'

interface NodePanelProps {
  readonly node: GraphNode
  readonly vhost: string
  readonly lines: readonly Line[]
  readonly nodes: ReadonlyMap<string, GraphNode>
  readonly onSelect: (id: string | null) => void
}

export function NodePanel({ node, vhost, lines, nodes, onSelect }: NodePanelProps) {
  return (
    <section
      aria-label={`${KINDS[node.kind].title} ${titleOf(node.kind, node.name)}`}
      className="flex flex-col gap-4 p-4"
    >
      <div className="flex items-start gap-2">
        <KindPlate kind={node.kind} />
        <h2 className="min-w-0 flex-1 font-semibold [overflow-wrap:anywhere]">{titleOf(node.kind, node.name)}</h2>
        <IconButton label="Close" className="-mt-1 -mr-1" onClick={() => onSelect(null)}>
          <X size={16} />
        </IconButton>
      </div>
      <div className="flex flex-wrap gap-2">
        <Badge tone={node.rate > 0 ? 'good' : 'neutral'}>{humanRate(node.rate)}</Badge>
        <Badge>{KINDS[node.kind].title.toLowerCase()}</Badge>
      </div>
      <KeyValue items={allFacts(node)} />
      <Ends title="From" ends={lines.filter(({ to }) => to === node.id)} end="from" nodes={nodes} onSelect={onSelect} />
      <Ends title="To" ends={lines.filter(({ from }) => from === node.id)} end="to" nodes={nodes} onSelect={onSelect} />
      <LinkButton to={addressOf(node, vhost)} look="primary">
        {node.kind === 'publisher' || node.kind === 'consumer'
          ? 'Connections'
          : `Open ${KINDS[node.kind].title.toLowerCase()}`}
      </LinkButton>
    </section>
  )
}

const ENDS_SHOWN = 30

function Ends(props: {
  title: string
  ends: readonly Line[]
  end: 'from' | 'to'
  nodes: ReadonlyMap<string, GraphNode>
  onSelect: (id: string) => void
}) {
  const { title, ends, end, nodes, onSelect } = props
  if (ends.length === 0) return null
  return (
    <div>
      <h3 className="plate mb-1">{title}</h3>
      <ul className="-mx-2">
        {ends.slice(0, ENDS_SHOWN).map((line) => {
          const other = nodes.get(line[end])
          if (other === undefined) return null
          return (
            <li key={line.id}>
              <button
                type="button"
                onClick={() => onSelect(other.id)}
                className="flex w-full items-center gap-2 rounded-sm px-2 py-1 text-left hover:bg-sunken"
              >
                <KindPlate kind={other.kind} />
                <span className="min-w-0 flex-1">
                  <span className="block truncate">{titleOf(other.kind, other.name)}</span>
                  {(line.labels.length > 0 || LINES[line.kind].dashes !== null) && (
                    <span className="block truncate text-[0.857rem] text-ink-3">
                      {LINES[line.kind].dashes !== null && `${LINES[line.kind].title} `}
                      <code>{line.labels.join(', ')}</code>
                    </span>
                  )}
                </span>
                <span className="text-[0.857rem] text-ink-2">{humanRate(line.rate)}</span>
              </button>
            </li>
          )
        })}
      </ul>
      {ends.length > ENDS_SHOWN && <p className="text-ink-3">{ends.length - ENDS_SHOWN} more</p>}
    </div>
  )
}

/** Clients are drawn by name, which connections of theirs may share. */
function addressOf({ kind, name }: GraphNode, vhost: string): string {
  return kind === 'publisher' || kind === 'consumer' ? '/connections' : pageOf(kind, name, vhost)
}
