/**
 * The drawing. Nodes keep their places from one answer to the next; what is new is placed among them. Only what is in
 * sight is in the page, so a thousand nodes are drawn as fast as twenty.
 */
import {
  Background,
  BackgroundVariant,
  MiniMap,
  type NodeChange,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Viewport,
} from '@xyflow/react'
import '@xyflow/react/dist/base.css'
import './topology.css'
import { Maximize, Minus, Network, Plus } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { IconButton } from '../../parts/button.tsx'
import type { Collapsed } from './collapse.ts'
import { type FlowEdge, FlowLine, LineEnds } from './flow-line.tsx'
import { type Line, neighbourhood } from './graph.ts'
import { type LaidOut, layOut, NODE_HEIGHT, NODE_WIDTH, type Place } from './layout.ts'
import { Legend } from './legend.tsx'
import { KINDS, titleOf } from './look.ts'
import { type CardNode, NodeCard } from './node-card.tsx'
import type { Lit } from './trace.ts'

export interface CanvasProps {
  readonly graph: Collapsed
  readonly lines: readonly Line[]
  readonly selected: string | null
  readonly onSelect: (id: string | null) => void
  readonly onOpenStack: (id: string) => void
  /** What a traced message passes; null without a trace. */
  readonly lit: Lit | null
  readonly targets: ReadonlySet<string>
}

/** More labels than this are none: only pointed-at lines keep theirs. */
const LABELS_MAX = 60
const MOVING_MAX = 120
const MINI_MAP_FROM = 40
/** Smaller than this, names cannot be read: then the beginning is shown, and the rest is a pan away. */
const READABLE_ZOOM = 0.66

const nodeTypes = { card: NodeCard }
const edgeTypes = { flow: FlowLine }

export default function Canvas(props: CanvasProps) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  )
}

function Drawing({ graph, lines, selected, onSelect, onOpenStack, lit, targets }: CanvasProps) {
  const flow = useReactFlow<CardNode, FlowEdge>()
  const [hovered, setHovered] = useState<string | null>(null)
  const { places, move, tidy } = usePlaces(graph, lines)
  // What is pointed at for good dims the rest; what the mouse is over only lights its own lines.
  const focus = useMemo(
    () => lit ?? (selected === null ? null : neighbourhood(lines, selected)),
    [lit, selected, lines],
  )
  const hover = useMemo(() => (hovered === null ? null : neighbourhood(lines, hovered)), [hovered, lines])

  const nodes = useMemo(() => {
    const all = [
      ...graph.nodes.map((node) => ({ id: node.id, node, stack: null })),
      ...graph.stacks.map((stack) => ({ id: stack.id, node: null, stack })),
    ]
    return all.map(
      ({ id, node, stack }): CardNode => ({
        id,
        type: 'card',
        position: places.get(id) ?? { x: 0, y: 0 },
        data: {
          node,
          stack,
          isDim: focus !== null && !focus.nodes.has(id),
          isLit: lit?.nodes.has(id) ?? false,
          isTarget: targets.has(id),
        },
        selected: id === selected,
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
        measured: { width: NODE_WIDTH, height: NODE_HEIGHT },
        handles: HANDLES,
        ariaLabel:
          node !== null
            ? `${KINDS[node.kind].title} ${titleOf(node.kind, node.name)}`
            : `${stack!.members.length} ${KINDS[stack!.kind].many}, alike`,
      }),
    )
  }, [graph, places, focus, lit, targets, selected])

  const edges = useMemo(() => {
    const drawn = lines.flatMap((line): FlowEdge[] => {
      const from = places.get(line.from)
      const to = places.get(line.to)
      if (from === undefined || to === undefined) return []
      const isFocus = focus?.lines.has(line.id) ?? false
      const isNear = isFocus || (hover?.lines.has(line.id) ?? false)
      return [
        {
          id: line.id,
          source: line.from,
          target: line.to,
          type: 'flow',
          zIndex: isNear ? 1 : 0,
          data: {
            line,
            from,
            to,
            isDim: focus !== null && !isNear,
            isLit: isNear,
            withLabel: isNear || lines.length <= LABELS_MAX,
            isMoving: line.rate > 0 && lines.length <= MOVING_MAX,
          },
        },
      ]
    })
    return drawn
  }, [lines, places, focus, hover])

  const size = graph.nodes.length + graph.stacks.length
  const showAll = useCallback(() => void flow.fitView({ padding: 0.06, maxZoom: 1.1, duration: 250 }), [flow])
  const frame = useRef<HTMLDivElement>(null)
  const latest = useRef(places)
  latest.current = places
  const middle = useRef<Place | null>(null)
  middle.current = placeOfBusiest(graph, places)
  const begun = useRef<Viewport | null>(null)
  const begin = useCallback(() => {
    const { clientWidth, clientHeight } = frame.current!
    begun.current = beginningOf([...latest.current.values()], middle.current, clientWidth, clientHeight)
    void flow.setViewport(begun.current)
  }, [flow])
  const hasPublishers = graph.nodes.some(({ kind }) => kind === 'publisher')
  const fitted = useRef({ size: 0, hasPublishers: false })
  useEffect(() => {
    const last = fitted.current
    const isAnother = last.size === 0 ? size > 0 : Math.abs(size - last.size) >= Math.max(6, last.size / 2)
    // They come left of what is in sight; who moved it himself keeps it.
    const isWider = hasPublishers && !last.hasPublishers && isSameView(begun.current, flow.getViewport())
    if (size === 0 || !(isAnother || isWider)) return
    fitted.current = { size, hasPublishers }
    requestAnimationFrame(begin)
  }, [size, hasPublishers, begin, flow])
  useEffect(() => {
    if (lit === null || lit.nodes.size === 0) return
    void flow.fitView({ nodes: [...lit.nodes].map((id) => ({ id })), padding: 0.15, maxZoom: 1.1, duration: 250 })
  }, [lit, flow])

  const choose = (id: string): void => (graph.stacks.some((stack) => stack.id === id) ? onOpenStack(id) : onSelect(id))
  const onNodesChange = (changes: NodeChange<CardNode>[]): void => {
    for (const change of changes) {
      if (change.type === 'position' && change.position !== undefined) move(change.id, change.position)
      if (change.type === 'select' && change.selected && change.id !== selected) choose(change.id)
    }
  }
  return (
    <div className="topo flex h-full w-full flex-col">
      <LineEnds />
      <div ref={frame} className="min-h-0 flex-1">
        <ReactFlow<CardNode, FlowEdge>
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodesChange={onNodesChange}
          onPaneClick={() => onSelect(null)}
          onNodeMouseEnter={(_, { id }) => setHovered(id)}
          onNodeMouseLeave={() => setHovered(null)}
          onlyRenderVisibleElements
          nodesConnectable={false}
          edgesFocusable={false}
          minZoom={0.08}
          maxZoom={2}
          deleteKeyCode={null}
          multiSelectionKeyCode={null}
          attributionPosition="bottom-left"
        >
          <Background variant={BackgroundVariant.Dots} gap={22} size={1} />
          {size > MINI_MAP_FROM && (
            <MiniMap<CardNode>
              pannable
              zoomable
              ariaLabel="Overview of the drawing"
              className="max-md:hidden!"
              style={{ width: 150, height: 104 }}
              nodeColor={({ data }) => KINDS[data.node?.kind ?? data.stack!.kind].colour}
              nodeBorderRadius={6}
            />
          )}
        </ReactFlow>
      </div>
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t border-line px-3 py-1">
        <Legend lines={lines} />
        <div className="ml-auto flex">
          <IconButton label="Zoom in" onClick={() => void flow.zoomIn()}>
            <Plus size={16} />
          </IconButton>
          <IconButton label="Zoom out" onClick={() => void flow.zoomOut()}>
            <Minus size={16} />
          </IconButton>
          <IconButton label="Show all of it" onClick={showAll}>
            <Maximize size={15} />
          </IconButton>
          <IconButton
            label="Lay out anew"
            onClick={() => {
              tidy()
              requestAnimationFrame(begin)
            }}
          >
            <Network size={15} />
          </IconButton>
        </div>
      </div>
    </div>
  )
}

const isSameView = (a: Viewport | null, b: Viewport): boolean =>
  a !== null && a.x === b.x && a.y === b.y && a.zoom === b.zoom

/** Of exchanges and topics: what most hangs on. */
function placeOfBusiest({ nodes }: Collapsed, places: ReadonlyMap<string, Place>): Place | null {
  const middles = nodes.filter(({ kind }) => kind === 'exchange' || kind === 'topic')
  const [busiest] = middles.sort((a, b) => b.rate - a.rate)
  return busiest === undefined ? null : (places.get(busiest.id) ?? null)
}

/** All of it if it can be read then; else what is around the middle, from the left. */
function beginningOf(places: readonly Place[], middle: Place | null, width: number, height: number): Viewport {
  const left = Math.min(...places.map(({ x }) => x))
  const top = Math.min(...places.map(({ y }) => y))
  const across = Math.max(...places.map(({ x }) => x)) + NODE_WIDTH - left
  const down = Math.max(...places.map(({ y }) => y)) + NODE_HEIGHT - top
  const margin = 24
  const whole = Math.min((width - 2 * margin) / across, (height - 2 * margin) / down)
  const zoom = Math.min(1.1, Math.max(whole, Math.min(READABLE_ZOOM, (width - 2 * margin) / across), 0.3))
  const x = across * zoom + 2 * margin <= width ? (width - across * zoom) / 2 : margin
  const isWhole = down * zoom + 2 * margin <= height
  const above = isWhole
    ? (height - down * zoom) / 2
    : Math.max(height - margin - down * zoom, Math.min(margin, height / 2 - ((middle?.y ?? top) - top) * zoom))
  return { x: x - left * zoom, y: above - top * zoom, zoom }
}

/** Where lines begin and end; given, so that also those to nodes out of sight are drawn. */
const HANDLES = [
  {
    id: null,
    type: 'source' as const,
    position: Position.Right,
    x: NODE_WIDTH,
    y: NODE_HEIGHT / 2,
    width: 1,
    height: 1,
  },
  { id: null, type: 'target' as const, position: Position.Left, x: 0, y: NODE_HEIGHT / 2, width: 1, height: 1 },
]

/** Places that last as long as the drawing is open, those that the reader moved among them. */
function usePlaces(graph: Collapsed, lines: readonly Line[]) {
  const last = useRef<LaidOut | null>(null)
  const [moved, setMoved] = useState<ReadonlyMap<string, Place>>(new Map())
  const [tidied, setTidied] = useState(0)
  const tidiedBefore = useRef(0)
  const laidOut = useMemo(() => {
    const drawn = [...graph.nodes, ...graph.stacks]
    const before = tidied === tidiedBefore.current ? last.current : null
    tidiedBefore.current = tidied
    last.current = layOut(drawn, lines, before)
    return last.current
  }, [graph, lines, tidied])
  const places = useMemo(() => new Map([...laidOut.places, ...moved]), [laidOut, moved])
  const move = useCallback((id: string, place: Place) => setMoved((old) => new Map(old).set(id, place)), [])
  const tidy = useCallback(() => {
    setMoved(new Map())
    setTidied((n) => n + 1)
  }, [])
  return { places, move, tidy }
}
