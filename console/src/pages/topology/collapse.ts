/**
 * Many alike drawn as one: queues (or groups, consumers, publishers) of one kind with the same neighbours become a stack
 * that opens when asked. What only one of them has for itself (its own consumers) is no neighbour, and goes with it.
 */
import type { GraphEdge, GraphNode, NodeKind, Topology } from './graph.ts'

export interface Stack {
  readonly id: string
  readonly kind: NodeKind
  readonly members: readonly GraphNode[]
  readonly rate: number
}

export interface Collapsed {
  readonly nodes: readonly GraphNode[]
  readonly stacks: readonly Stack[]
  readonly edges: readonly GraphEdge[]
}

/** So many alike are still drawn one by one; fewer where there is much to draw. */
const ALIKE_MAX = 8
const ALIKE_MAX_OF_MANY = 3
const MANY = 150

/** `open`: stacks that were opened; `apart`: nodes that stay by themselves, as they are pointed at. */
export function collapse(topology: Topology, open: ReadonlySet<string>, apart: ReadonlySet<string>): Collapsed {
  const byId = new Map(topology.nodes.map((node) => [node.id, node]))
  const edgesOf = new Map<string, GraphEdge[]>()
  for (const edge of topology.edges) {
    for (const id of new Set([edge.from, edge.to])) edgesOf.set(id, [...(edgesOf.get(id) ?? []), edge])
  }
  const ownerOf = new Map<string, string>()
  for (const { id, kind } of topology.nodes) {
    const edges = edgesOf.get(id) ?? []
    if (kind !== 'consumer' || edges.length !== 1) continue
    const owner = byId.get(edges[0].from)
    if (owner?.kind === 'queue' || owner?.kind === 'stream' || owner?.kind === 'group') ownerOf.set(id, owner.id)
  }
  const alike = Map.groupBy(
    topology.nodes.filter(({ id, kind }) => kind !== 'exchange' && kind !== 'topic' && !apart.has(id)),
    ({ id, kind }) => {
      const edges = (edgesOf.get(id) ?? []).filter((edge) => ownerOf.get(edge.to) !== id)
      const ends = edges.map(
        (edge) => `${edge.kind}${edge.from === id ? '>' : '<'}${edge.from === id ? edge.to : edge.from}`,
      )
      return `${kind} ${[...new Set(ends)].sort().join(' ')}`
    },
  )
  const stacks: Stack[] = []
  const alikeMax = topology.nodes.length > MANY ? ALIKE_MAX_OF_MANY : ALIKE_MAX
  const standsFor = new Map<string, string>()
  for (const [signature, members] of alike) {
    const id = `stack ${signature}`
    if (members.length <= alikeMax || open.has(id)) continue
    if (members[0].kind === 'consumer' && members.every((member) => standsFor.has(ownerOf.get(member.id) ?? '')))
      continue
    stacks.push({ id, kind: members[0].kind, members, rate: members.reduce((sum, { rate }) => sum + rate, 0) })
    for (const member of members) standsFor.set(member.id, id)
  }
  foldOwned(topology, ownerOf, standsFor, stacks, apart)
  const nodes = topology.nodes.filter(({ id }) => !standsFor.has(id))
  const edges = topology.edges.map((edge) => {
    const from = standsFor.get(edge.from) ?? edge.from
    const to = standsFor.get(edge.to) ?? edge.to
    return from === edge.from && to === edge.to ? edge : { ...edge, from, to, label: '' }
  })
  return { nodes, stacks, edges }
}

/** The consumers of a stack's queues become a stack behind it. */
function foldOwned(
  { nodes }: Topology,
  ownerOf: ReadonlyMap<string, string>,
  standsFor: Map<string, string>,
  stacks: Stack[],
  apart: ReadonlySet<string>,
): void {
  const owned = nodes.filter(({ id }) => !apart.has(id) && !standsFor.has(id) && standsFor.has(ownerOf.get(id) ?? ''))
  for (const [owner, members] of Map.groupBy(owned, ({ id }) => standsFor.get(ownerOf.get(id)!)!)) {
    const id = `${owner} consumers`
    stacks.push({ id, kind: 'consumer', members, rate: members.reduce((sum, { rate }) => sum + rate, 0) })
    for (const member of members) standsFor.set(member.id, id)
  }
}
