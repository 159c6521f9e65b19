/**
 * The same routing as an indented list: what begins somewhere, and under each line where it goes on to. For screens too
 * narrow for a drawing and for readers who hear it. Every node is told in full once; later it is only named.
 */
import type { GraphNode, Line } from './graph.ts'

export interface Flow {
  readonly node: GraphNode
  /** How one gets here from the line above. */
  readonly line: Line | null
  readonly next: readonly Flow[]
  /** What follows was told already. */
  readonly toldBefore: boolean
}

export function flowsOf(nodes: readonly GraphNode[], lines: readonly Line[]): Flow[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const outgoing = Map.groupBy(lines, ({ from }) => from)
  const entered = new Set(lines.filter(({ from, to }) => from !== to).map(({ to }) => to))
  const told = new Set<string>()
  const tell = (node: GraphNode, line: Line | null): Flow => {
    const toldBefore = told.has(node.id)
    told.add(node.id)
    const following = toldBefore ? [] : (outgoing.get(node.id) ?? [])
    const next = following.flatMap((one) => {
      const to = byId.get(one.to)
      return to === undefined ? [] : [tell(to, one)]
    })
    return { node, line, next, toldBefore: toldBefore && outgoing.has(node.id) }
  }
  const flows = nodes.filter(({ id }) => !entered.has(id)).map((node) => tell(node, null))
  // What only leads in a circle begins nowhere: it is told from its first node.
  for (const node of nodes) if (!told.has(node.id)) flows.push(tell(node, null))
  return flows.sort((a, b) => b.next.length - a.next.length || (a.node.name < b.node.name ? -1 : 1))
}
