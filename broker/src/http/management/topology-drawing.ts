/** Nodes and edges as they are gathered, and the busiest of them as they are shown. */

export type NodeKind = 'publisher' | 'exchange' | 'topic' | 'queue' | 'stream' | 'group' | 'consumer'
export type EdgeKind = 'publish' | 'binding' | 'alternate' | 'dead-letter' | 'feed' | 'consume' | 'fetch'

export interface DrawnNode {
  readonly id: string
  readonly kind: NodeKind
  readonly name: string
  /** Messages a second that pass it. */
  rate: number
  readonly [fact: string]: unknown
}

export interface DrawnEdge {
  readonly from: string
  readonly to: string
  readonly kind: EdgeKind
  readonly label: string
  readonly arguments?: object
  rate: number
}

export class Drawing {
  readonly nodes = new Map<string, DrawnNode>()
  private readonly edges: DrawnEdge[] = []
  /** Those that are told as one, however many make them up. */
  private readonly merged = new Map<string, DrawnEdge>()

  node(node: DrawnNode): void {
    this.nodes.set(node.id, node)
  }

  edge(edge: DrawnEdge): void {
    this.edges.push(edge)
  }

  /** Added to the edge of that kind between the two, if there is one. */
  merge(edge: DrawnEdge): void {
    const id = `${edge.kind} ${edge.from} ${edge.to}`
    const known = this.merged.get(id)
    if (known !== undefined) known.rate += edge.rate
    else {
      this.merged.set(id, edge)
      this.edges.push(edge)
    }
  }

  /** The busiest nodes, those with edges before those without, and the edges between them. */
  shown(limit: number): { nodes: DrawnNode[]; edges: DrawnEdge[]; left_out: number } {
    const edges = this.edges.filter(({ from, to }) => this.nodes.has(from) && this.nodes.has(to))
    const joined = new Set(edges.flatMap(({ from, to }) => [from, to]))
    const byWeight = [...this.nodes.values()].sort(
      (a, b) => b.rate - a.rate || Number(joined.has(b.id)) - Number(joined.has(a.id)),
    )
    const nodes = byWeight.slice(0, limit)
    const ids = new Set(nodes.map(({ id }) => id))
    return {
      nodes,
      edges: edges.filter(({ from, to }) => ids.has(from) && ids.has(to)),
      left_out: byWeight.length - nodes.length,
    }
  }
}
