/** A node of the drawing: what it is, its name, its rate, and the one number that matters for its kind. */
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react'
import { Layers } from 'lucide-react'
import { memo } from 'react'
import { KindPlate } from '../../parts/badge.tsx'
import { humanNumber, humanRate } from '../../parts/format.ts'
import type { Stack } from './collapse.ts'
import { factOf } from './facts.ts'
import type { GraphNode } from './graph.ts'
import { NODE_HEIGHT, NODE_WIDTH } from './layout.ts'
import { KINDS, titleOf } from './look.ts'

export interface CardData extends Record<string, unknown> {
  readonly node: GraphNode | null
  readonly stack: Stack | null
  readonly isDim: boolean
  readonly isLit: boolean
  readonly isTarget: boolean
}

export type CardNode = Node<CardData, 'card'>

export const NodeCard = memo(function NodeCard({ data, selected }: NodeProps<CardNode>) {
  const { node, stack, isDim, isLit, isTarget } = data
  const kind = node?.kind ?? stack!.kind
  const fact = node === null ? null : factOf(node)
  const rate = node?.rate ?? stack!.rate
  return (
    <div
      className={`topo-card ${stack === null ? '' : 'topo-stack'} ${isDim ? 'opacity-25' : ''} ${isTarget ? 'topo-target' : isLit ? 'topo-lit' : ''} ${selected ? 'topo-selected' : ''}`}
      style={{ width: NODE_WIDTH, height: NODE_HEIGHT, borderLeftColor: KINDS[kind].colour }}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="source" position={Position.Right} isConnectable={false} />
      <div className="flex items-center gap-2">
        {stack === null ? (
          <KindPlate kind={kind} />
        ) : (
          <Layers size={18} className="shrink-0 text-ink-2" aria-hidden="true" />
        )}
        <span className="min-w-0 truncate font-medium" title={node === null ? undefined : titleOf(kind, node.name)}>
          {node === null ? `${humanNumber(stack!.members.length)} ${KINDS[kind].many}` : titleOf(kind, node.name)}
        </span>
      </div>
      <div className="flex items-center justify-between gap-2 text-[0.857rem] text-ink-3">
        <span className={`tabular-nums ${rate > 0 ? 'font-medium text-ink-2' : ''}`}>{humanRate(rate)}</span>
        {fact !== null && (
          <span className={`truncate ${fact.isWarning ? 'font-medium text-warn' : ''}`}>{fact.text}</span>
        )}
        {stack !== null && <span className="truncate">alike · open</span>}
      </div>
    </div>
  )
})
