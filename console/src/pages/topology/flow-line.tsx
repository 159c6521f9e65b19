/** A line of the drawing: as wide as its rate, with dashes that run along it where somebody does not mind motion. */
import { type Edge, EdgeLabelRenderer, type EdgeProps } from '@xyflow/react'
import { memo } from 'react'
import { humanRate } from '../../parts/format.ts'
import { curve, pace, widthOf } from './curve.ts'
import type { Line } from './graph.ts'
import type { Place } from './layout.ts'
import { IDLE, LINES } from './look.ts'

export interface LineData extends Record<string, unknown> {
  readonly line: Line
  readonly from: Place
  readonly to: Place
  readonly isDim: boolean
  readonly isLit: boolean
  readonly withLabel: boolean
  readonly isMoving: boolean
}

export type FlowEdge = Edge<LineData, 'flow'>

export const FlowLine = memo(function FlowLine({ data }: EdgeProps<FlowEdge>) {
  const { line, from, to, isDim, isLit, withLabel, isMoving } = data!
  const { d, label } = curve(from, to)
  const { colour, dashes } = LINES[line.kind]
  const isSpecial = dashes !== null
  const stroke = line.rate > 0 || isSpecial || isLit ? colour : IDLE
  const width = widthOf(line.rate) + (isLit ? 1.5 : 0)
  const keys = keysOf(line)
  return (
    <>
      <path
        d={d}
        fill="none"
        stroke={stroke}
        strokeWidth={width}
        strokeDasharray={dashes ?? undefined}
        strokeLinecap={line.kind === 'alternate' ? 'round' : 'butt'}
        opacity={isDim ? 0.08 : isLit ? 0.95 : line.rate > 0 ? 0.5 : 0.7}
        markerEnd={`url(#topo-end-${line.rate > 0 || isSpecial || isLit ? line.kind : 'idle'})`}
      />
      {isMoving && !isDim && (
        <path
          d={d}
          fill="none"
          className="topo-run"
          strokeWidth={Math.max(1.2, width * 0.45)}
          style={{ animationDuration: `${pace(line.rate)}s` }}
        />
      )}
      {withLabel && !isDim && (keys !== '' || line.rate > 0) && (
        <EdgeLabelRenderer>
          <div
            className="topo-label"
            style={{ transform: `translate(-50%,-50%) translate(${label.x}px,${label.y}px)` }}
          >
            {keys !== '' && <code>{keys}</code>}
            {line.rate > 0 && <span>{humanRate(line.rate)}</span>}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  )
})

const KEYS_LENGTH = 22

function keysOf({ labels }: Line): string {
  if (labels.length === 0) return ''
  const first = labels[0].length > KEYS_LENGTH ? `${labels[0].slice(0, KEYS_LENGTH - 1)}…` : labels[0]
  return labels.length === 1 ? first : `${first} +${labels.length - 1}`
}

/** The ends of lines, a marker for each colour; lies in the page once. */
export function LineEnds() {
  const ends = [...Object.entries(LINES).map(([kind, { colour }]) => [kind, colour]), ['idle', IDLE]]
  return (
    <svg width="0" height="0" aria-hidden="true" className="absolute">
      <defs>
        {ends.map(([kind, colour]) => (
          <marker
            key={kind}
            id={`topo-end-${kind}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="9"
            markerHeight="9"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0,0.6 L7.5,4 L0,7.4 z" fill={colour} />
          </marker>
        ))}
      </defs>
    </svg>
  )
}
