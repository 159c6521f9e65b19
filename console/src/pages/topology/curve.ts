/** The way a line takes between two nodes, and the point on it where its label stands. */
import type { Place } from './layout.ts'
import { NODE_HEIGHT, NODE_WIDTH } from './layout.ts'

export interface Curve {
  /** For the `d` of a path. */
  readonly d: string
  readonly label: Place
}

/** Labels stand nearer to the end: there lines have parted. */
const LABEL_AT = 0.62

/** From the right edge of one to the left edge of the next; lines that run back do so below, those of a column beside it. */
export function curve(from: Place, to: Place): Curve {
  if (to.x > from.x) {
    const a = { x: from.x + NODE_WIDTH, y: from.y + NODE_HEIGHT / 2 }
    const b = { x: to.x, y: to.y + NODE_HEIGHT / 2 }
    const bend = Math.max(40, (b.x - a.x) / 2)
    return cubic(a, { x: a.x + bend, y: a.y }, { x: b.x - bend, y: b.y }, b)
  }
  if (to.x < from.x) {
    const a = { x: from.x + NODE_WIDTH / 2, y: from.y + NODE_HEIGHT }
    const b = { x: to.x + NODE_WIDTH / 2, y: to.y + NODE_HEIGHT }
    const low = Math.min(90, 36 + Math.abs(a.x - b.x) / 12)
    return cubic(a, { x: a.x, y: a.y + low }, { x: b.x, y: b.y + low }, b)
  }
  const x = from.x + NODE_WIDTH
  const a = { x, y: from.y + NODE_HEIGHT / 2 + 8 }
  const b = { x, y: to.y + NODE_HEIGHT / 2 - 8 }
  return cubic(a, { x: x + 64, y: a.y }, { x: x + 64, y: b.y }, b)
}

function cubic(a: Place, c1: Place, c2: Place, b: Place): Curve {
  const at = (p: number, q: number, r: number, s: number): number => {
    const t = LABEL_AT
    const u = 1 - t
    return u * u * u * p + 3 * u * u * t * q + 3 * u * t * t * r + t * t * t * s
  }
  return {
    d: `M${a.x},${a.y} C${c1.x},${c1.y} ${c2.x},${c2.y} ${b.x},${b.y}`,
    label: { x: at(a.x, c1.x, c2.x, b.x), y: at(a.y, c1.y, c2.y, b.y) },
  }
}

/** Pixels; grows with the logarithm, so that a line of ten a second is still seen beside one of ten thousand. */
export const widthOf = (rate: number): number => Math.min(13, 1.5 + 2.4 * Math.log10(1 + rate))

/** Seconds in which a dash moves on by its length and gap. */
export const pace = (rate: number): number => Math.max(0.25, 2 - 0.45 * Math.log10(1 + rate))
