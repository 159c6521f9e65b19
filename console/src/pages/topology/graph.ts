/** What `GET /api/topology/:vhost` answers, and what `POST /api/trace/:vhost` says of one message on its way through it. */

export type NodeKind = 'publisher' | 'exchange' | 'topic' | 'queue' | 'stream' | 'group' | 'consumer'
export type EdgeKind = 'publish' | 'binding' | 'alternate' | 'dead-letter' | 'feed' | 'consume' | 'fetch'

export interface GraphNode {
  readonly id: string
  readonly kind: NodeKind
  readonly name: string
  /** Messages a second that pass it. */
  readonly rate: number
  /** More than a kind's own numbers are not promised; the panel shows what is there. */
  readonly [number: string]: unknown
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly kind: EdgeKind
  readonly label: string
  readonly arguments?: Readonly<Record<string, unknown>>
  readonly rate: number
}

export interface Topology {
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly left_out: number
}

/** All edges of one kind between two nodes, drawn as one line. */
export interface Line {
  readonly id: string
  readonly from: string
  readonly to: string
  readonly kind: EdgeKind
  readonly labels: readonly string[]
  readonly rate: number
}

export const lineId = (from: string, to: string, kind: EdgeKind): string => `${kind} ${from} → ${to}`

/** One line for each pair and kind, in the order in which they first appear. */
export function linesOf(edges: readonly GraphEdge[]): Line[] {
  const lines = new Map<string, { -readonly [K in keyof Line]: Line[K] }>()
  for (const { from, to, kind, label, rate } of edges) {
    const id = lineId(from, to, kind)
    const line = lines.get(id)
    if (line === undefined) lines.set(id, { id, from, to, kind, labels: label ? [label] : [], rate })
    else {
      if (label) line.labels = [...line.labels, label]
      line.rate += rate
    }
  }
  return [...lines.values()]
}

/** A node, its lines and the nodes at their other ends. */
export function neighbourhood(lines: readonly Line[], id: string): { nodes: Set<string>; lines: Set<string> } {
  const nodes = new Set([id])
  const touched = new Set<string>()
  for (const line of lines) {
    if (line.from !== id && line.to !== id) continue
    touched.add(line.id)
    nodes.add(line.from).add(line.to)
  }
  return { nodes, lines: touched }
}

export interface Filter {
  readonly text: string
  /** Kinds that are left out. */
  readonly hidden: ReadonlySet<NodeKind>
}

/** The nodes whose name holds the text, and whatever a message of theirs passes before and after. */
export function filtered(topology: Topology, { text, hidden }: Filter): Topology {
  const nodes = topology.nodes.filter(({ kind }) => !hidden.has(kind))
  const kept = new Set(text === '' ? nodes.map(({ id }) => id) : reachable(topology.edges, matching(nodes, text)))
  const shown = nodes.filter(({ id }) => kept.has(id))
  const ids = new Set(shown.map(({ id }) => id))
  const edges = topology.edges.filter(({ from, to }) => ids.has(from) && ids.has(to))
  return { nodes: shown, edges, left_out: topology.left_out }
}

export function matching(nodes: readonly GraphNode[], text: string): string[] {
  const wanted = text.toLowerCase()
  return nodes.filter(({ name }) => name.toLowerCase().includes(wanted)).map(({ id }) => id)
}

/** All that lies up or down the stream of the given nodes, without turning round on the way. */
function reachable(edges: readonly GraphEdge[], from: readonly string[]): Set<string> {
  const all = new Set(from)
  const follow = (a: 'from' | 'to', b: 'from' | 'to'): void => {
    const next = new Map<string, string[]>()
    for (const edge of edges) next.set(edge[a], [...(next.get(edge[a]) ?? []), edge[b]])
    const seen = new Set(from)
    const waiting = [...from]
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      all.add(id)
      for (const other of next.get(id) ?? []) if (!seen.has(other)) waiting.push(other) && seen.add(other)
    }
  }
  follow('from', 'to')
  follow('to', 'from')
  return all
}
