/**
 * Where nodes stand. Columns say what a thing is (publishers, exchanges and topics, queues and groups, consumers), so the
 * eye finds it where it was; dagre only decides who stands above whom, so that few lines cross. A node that stood once
 * keeps its place: new ones take the free place next to their neighbours.
 */
import { layout as dagre, Graph } from '@dagrejs/dagre'
import type { NodeKind } from './graph.ts'

export interface Place {
  readonly x: number
  readonly y: number
}
export type Places = ReadonlyMap<string, Place>
export interface LaidOut {
  /** How many columns the exchanges take: with other columns nothing stands where it stood. */
  readonly deepest: number
  readonly places: Places
}

export interface DrawnNode {
  readonly id: string
  readonly kind: NodeKind
}
export interface DrawnLine {
  readonly from: string
  readonly to: string
}

export const NODE_WIDTH = 208
export const NODE_HEIGHT = 52
const COLUMN_STEP = NODE_WIDTH + 132
const ROW_STEP = NODE_HEIGHT + 14
const COMPONENT_GAP = 30
/** Left of all that is declared: publishers come and go, and nothing else moves for them. */
const PUBLISHERS = -1
/** Exchanges bound to exchanges stand further right, this many columns at most. */
const EXCHANGE_COLUMNS_MAX = 4
/** Beyond this share of nodes that never stood anywhere, all are laid out anew. */
const NEW_SHARE_MAX = 0.3

/** The places of all nodes; those of `before` stay, unless most are new. */
export function layOut(nodes: readonly DrawnNode[], lines: readonly DrawnLine[], before: LaidOut | null): LaidOut {
  const columns = columnsOf(nodes, lines)
  const deepest = Math.max(0, ...nodes.flatMap(({ id, kind }) => (isMiddle(kind) ? columns.get(id)! : [])))
  if (before === null || before.deepest !== deepest) return { deepest, places: layOutAll(nodes, lines, columns) }
  const fresh = nodes.filter(({ id }) => !before.places.has(id))
  if (fresh.length === 0) return before
  if (fresh.length > Math.max(3, nodes.length * NEW_SHARE_MAX)) {
    return { deepest, places: layOutAll(nodes, lines, columns) }
  }
  return { deepest, places: placeAmong(before.places, nodes, fresh, lines, columns) }
}

const isMiddle = (kind: NodeKind): boolean => kind === 'exchange' || kind === 'topic'

export function columnsOf(nodes: readonly DrawnNode[], lines: readonly DrawnLine[]): Map<string, number> {
  const depths = new Map<string, number>()
  for (const { id, kind } of nodes) if (isMiddle(kind)) depths.set(id, 0)
  for (let moved = true, round = 1; moved && round < EXCHANGE_COLUMNS_MAX; round++) {
    moved = false
    for (const { from, to } of lines) {
      const a = depths.get(from)
      if (a === undefined || a + 1 > round || from === to || (depths.get(to) ?? Infinity) > a) continue
      depths.set(to, a + 1)
      moved = true
    }
  }
  const deepest = Math.max(0, ...depths.values())
  const columns = new Map<string, number>()
  for (const { id, kind } of nodes) {
    if (kind === 'publisher') columns.set(id, PUBLISHERS)
    else if (kind === 'consumer') columns.set(id, deepest + 2)
    else columns.set(id, depths.get(id) ?? deepest + 1)
  }
  return columns
}

function layOutAll(nodes: readonly DrawnNode[], lines: readonly DrawnLine[], columns: Map<string, number>): Places {
  const places = new Map<string, Place>()
  const [alone, joined] = componentsOf(nodes, lines)
  let top = 0
  for (const component of joined) {
    const ys = rowsOf(component, lines, columns)
    const low = Math.min(...ys.values())
    for (const [id, y] of ys) places.set(id, { x: columns.get(id)! * COLUMN_STEP, y: top + y - low })
    top += Math.max(...ys.values()) - low + NODE_HEIGHT + COMPONENT_GAP
  }
  const across = Math.max(3, ...columns.values()) + 1
  alone.forEach(({ id }, i) => {
    places.set(id, { x: (i % across) * COLUMN_STEP, y: top + Math.floor(i / across) * ROW_STEP })
  })
  return places
}

/** Those without any line; and those that hang together, the largest first. */
function componentsOf(nodes: readonly DrawnNode[], lines: readonly DrawnLine[]): [DrawnNode[], DrawnNode[][]] {
  const parents = new Map(nodes.map(({ id }) => [id, id]))
  const root = (id: string): string => {
    let at = id
    while (parents.get(at) !== at) at = parents.get(at)!
    parents.set(id, at)
    return at
  }
  for (const { from, to } of lines) parents.set(root(from), root(to))
  const byRoot = Map.groupBy(nodes, ({ id }) => root(id))
  const all = [...byRoot.values()]
  return [
    all.filter(({ length }) => length === 1).flat(),
    all.filter(({ length }) => length > 1).sort((a, b) => b.length - a.length),
  ]
}

/**
 * Every line is given exactly the length of its columns' distance, so the columns are the only layering that dagre finds,
 * and lines that run backwards (dead letters) are turned round for it. Lines within a column count for nothing.
 */
function rowsOf(
  component: readonly DrawnNode[],
  lines: readonly DrawnLine[],
  columns: Map<string, number>,
): Map<string, number> {
  const graph = new Graph({ multigraph: false, compound: false })
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 40, edgesep: 4 })
  graph.setDefaultEdgeLabel(() => ({}))
  const inside = new Set(component.map(({ id }) => id))
  for (const { id } of component) graph.setNode(id, { width: 80, height: NODE_HEIGHT })
  for (const { from, to } of lines) {
    if (!inside.has(from)) continue
    const length = columns.get(to)! - columns.get(from)!
    if (length > 0) graph.setEdge(from, to, { minlen: length, weight: 2 })
    else if (length < 0 && !graph.hasEdge(to, from)) graph.setEdge(to, from, { minlen: -length, weight: 1 })
  }
  dagre(graph)
  const rows = new Map<string, number>()
  for (const { id } of component) rows.set(id, (graph.node(id) as { y: number }).y)
  return apart(rows, columns)
}

/** Nodes joined only within their column may have been given one place: they move down. */
function apart(rows: Map<string, number>, columns: Map<string, number>): Map<string, number> {
  const byColumn = Map.groupBy(rows, ([id]) => columns.get(id)!)
  for (const column of byColumn.values()) {
    let free = -Infinity
    for (const [id, y] of column.sort((a, b) => a[1] - b[1])) {
      const at = Math.max(y, free)
      rows.set(id, at)
      free = at + ROW_STEP
    }
  }
  return rows
}

function placeAmong(
  before: Places,
  nodes: readonly DrawnNode[],
  fresh: readonly DrawnNode[],
  lines: readonly DrawnLine[],
  columns: Map<string, number>,
): Places {
  const places = new Map(before)
  const present = new Set(nodes.map(({ id }) => id))
  for (const { id } of fresh) {
    const x = columns.get(id)! * COLUMN_STEP
    const near = lines.flatMap(({ from, to }) => (from === id ? [to] : to === id ? [from] : []))
    const ys = near.flatMap((other) => places.get(other)?.y ?? [])
    const taken = [...places].filter(([other, place]) => present.has(other) && place.x === x).map(([, { y }]) => y)
    const wanted = ys.length > 0 ? ys.reduce((a, b) => a + b, 0) / ys.length : Math.max(0, ...taken) + ROW_STEP
    places.set(id, { x, y: freeNear(wanted, taken) })
  }
  return places
}

function freeNear(wanted: number, taken: readonly number[]): number {
  const isFree = (y: number): boolean => taken.every((other) => Math.abs(other - y) >= ROW_STEP)
  for (let away = 0; ; away += ROW_STEP / 2) {
    if (isFree(wanted + away)) return wanted + away
    if (isFree(wanted - away)) return wanted - away
  }
}
