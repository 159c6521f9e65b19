import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collapse } from './collapse.ts'
import { type Flow, flowsOf } from './flows.ts'
import { filtered, type GraphEdge, type GraphNode, linesOf, type NodeKind, neighbourhood } from './graph.ts'
import { columnsOf, layOut, NODE_HEIGHT } from './layout.ts'

const node = (id: string, kind: NodeKind): GraphNode => ({ id, kind, name: id, rate: 1 })
const edge = (from: string, to: string, kind: GraphEdge['kind'] = 'binding', label = ''): GraphEdge => ({
  from,
  to,
  kind,
  label,
  rate: 1,
})

const nodes = [
  node('p', 'publisher'),
  node('in', 'exchange'),
  node('inner', 'exchange'),
  node('work', 'queue'),
  node('dlx', 'exchange'),
  node('dead', 'queue'),
  node('c', 'consumer'),
]
const edges = [
  edge('p', 'in', 'publish'),
  edge('in', 'inner'),
  edge('inner', 'work', 'binding', 'a.*'),
  edge('inner', 'work', 'binding', 'b.#'),
  edge('work', 'dlx', 'dead-letter'),
  edge('dlx', 'dead'),
  edge('work', 'c', 'consume'),
]
const topology = { nodes, edges, left_out: 0 }

test('columns say what a thing is; exchanges bound to exchanges stand further right', () => {
  const columns = columnsOf(nodes, edges)
  assert.deepEqual(Object.fromEntries(columns), { p: -1, in: 0, inner: 1, dlx: 0, work: 2, dead: 2, c: 3 })
})

test('exchanges bound in a circle get columns, too', () => {
  const circle = [node('a', 'exchange'), node('b', 'exchange'), node('q', 'queue')]
  const columns = columnsOf(circle, [edge('a', 'b'), edge('b', 'a'), edge('b', 'q')])
  assert.ok(columns.get('q')! > Math.max(columns.get('a')!, columns.get('b')!))
})

test('lines of one kind between two nodes are one, with all labels and the sum of their rates', () => {
  const line = linesOf(edges).find(({ to }) => to === 'work')!
  assert.deepEqual(line.labels, ['a.*', 'b.#'])
  assert.equal(line.rate, 2)
})

test('no two nodes overlap, and x is the column', () => {
  const many = [...nodes, ...Array.from({ length: 30 }, (_, i) => node(`q${i}`, 'queue'))]
  const lines = linesOf([...edges, ...Array.from({ length: 20 }, (_, i) => edge('in', `q${i}`))])
  const { places } = layOut(many, lines, null)
  assert.equal(places.size, many.length)
  const columns = columnsOf(many, lines)
  const step = places.get('inner')!.x - places.get('in')!.x
  const all = [...places.entries()]
  for (const [id, { x, y }] of all) {
    if (lines.some(({ from, to }) => from === id || to === id)) assert.equal(x, columns.get(id)! * step)
    const overlapping = all.filter(
      ([other, place]) => other !== id && place.x === x && Math.abs(place.y - y) < NODE_HEIGHT,
    )
    assert.deepEqual(overlapping, [], id)
  }
})

test('what stood somewhere stays there; a new node takes a free place near its neighbours', () => {
  const lines = linesOf(edges)
  const before = layOut(nodes, lines, null)
  const more = [...nodes, node('new', 'queue')]
  const after = layOut(more, linesOf([...edges, edge('inner', 'new')]), before)
  for (const { id } of nodes) assert.deepEqual(after.places.get(id), before.places.get(id))
  const fresh = after.places.get('new')!
  assert.equal(fresh.x, before.places.get('work')!.x)
  assert.ok(Math.abs(fresh.y - before.places.get('work')!.y) >= NODE_HEIGHT)
  assert.equal(layOut(nodes, lines, after), after, 'nothing new: nothing is made')
})

test('a publisher and a consumer that come and go move nothing else', () => {
  const p = node('another p', 'publisher')
  const c = node('another c', 'consumer')
  const without = nodes.filter(({ kind }) => kind !== 'publisher' && kind !== 'consumer')
  const linesOfAll = linesOf([...edges, edge('another p', 'dlx', 'publish'), edge('dead', 'another c', 'consume')])
  const linesAmong = (some: readonly GraphNode[]) =>
    linesOfAll.filter(({ from, to }) => [from, to].every((end) => some.some(({ id }) => id === end)))
  let before = layOut(without, linesAmong(without), null)
  const first = before.places
  for (const some of [[...without, p], [...without, p, c], [...without, c], without]) {
    before = layOut(some, linesAmong(some), before)
    for (const { id } of without) assert.deepEqual(before.places.get(id), first.get(id), id)
  }
  assert.ok(before.places.get('another p')!.x < first.get('in')!.x)
})

test('a filter keeps what lies before and behind the nodes it finds, and nothing beside them', () => {
  const { nodes: shown } = filtered(topology, { text: 'dead', hidden: new Set() })
  assert.deepEqual(shown.map(({ id }) => id).sort(), ['dead', 'dlx', 'in', 'inner', 'p', 'work'])
  const { nodes: queues, edges: left } = filtered(topology, { text: '', hidden: new Set(['exchange']) })
  assert.ok(queues.every(({ kind }) => kind !== 'exchange'))
  assert.deepEqual(
    left.map(({ kind }) => kind),
    ['consume'],
  )
})

test('a neighbourhood is the node, its lines and their other ends', () => {
  const { nodes: near } = neighbourhood(linesOf(edges), 'work')
  assert.deepEqual([...near].sort(), ['c', 'dlx', 'inner', 'work'])
})

test('alike queues become a stack with the consumers that are theirs, and open again', () => {
  const queues = Array.from({ length: 20 }, (_, i) => node(`q${i}`, 'queue'))
  const consumers = queues.map(({ id }) => node(`c-${id}`, 'consumer'))
  const big = {
    nodes: [node('x', 'exchange'), ...queues, ...consumers],
    edges: [
      ...queues.map(({ id }, i) => edge('x', id, 'binding', `key${i}`)),
      ...queues.map(({ id }) => edge(id, `c-${id}`, 'consume')),
    ],
    left_out: 0,
  }
  const folded = collapse(big, new Set(), new Set())
  assert.deepEqual(
    folded.nodes.map(({ id }) => id),
    ['x'],
  )
  assert.deepEqual(
    folded.stacks.map(({ kind, members }) => [kind, members.length]),
    [
      ['queue', 20],
      ['consumer', 20],
    ],
  )
  const lines = linesOf(folded.edges)
  assert.deepEqual(
    lines.map(({ kind, rate }) => [kind, rate]),
    [
      ['binding', 20],
      ['consume', 20],
    ],
  )

  const opened = collapse(big, new Set([folded.stacks[0].id]), new Set())
  assert.equal(opened.nodes.length, 41)
  const pointed = collapse(big, new Set(), new Set(['q3']))
  assert.equal(pointed.stacks[0].members.length, 19)
  assert.ok(pointed.nodes.some(({ id }) => id === 'q3'))
  assert.ok(pointed.nodes.some(({ id }) => id === 'c-q3'))
})

test('the list tells every node, each in full once, and ends in circles', () => {
  const circle = [...edges, edge('dead', 'in', 'dead-letter')]
  const flows = flowsOf(nodes, linesOf(circle))
  const told: string[] = []
  const walk = (all: readonly Flow[]): void => {
    for (const flow of all) {
      if (!flow.toldBefore) told.push(flow.node.id)
      walk(flow.next)
    }
  }
  walk(flows)
  assert.deepEqual(told.sort(), nodes.map(({ id }) => id).sort())
})
