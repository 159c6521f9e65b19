/** The question "where would this message go?": as the address carries it, and what its answer lights up. */
import { type EdgeKind, lineId } from './graph.ts'

export interface TraceQuestion {
  readonly exchange: string
  readonly routingKey: string
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** What `POST /api/trace/:vhost` answers. */
export interface TraceAnswer {
  readonly edges: readonly {
    readonly from: string
    readonly to: string
    readonly kind: EdgeKind
    /** One of several is taken, by chance. */
    readonly one_of?: boolean
  }[]
  readonly queues: readonly string[]
  readonly topics: readonly string[]
  readonly alternate_used: boolean
  readonly unroutable: boolean
}

export interface Lit {
  readonly nodes: ReadonlySet<string>
  readonly lines: ReadonlySet<string>
}

/** The exchange asked about, the lines on the way and the nodes at their ends. */
export function litBy(answer: TraceAnswer, start: string | undefined): Lit {
  const nodes = new Set<string>(start === undefined ? [] : [start])
  const lines = new Set<string>()
  for (const { from, to, kind } of answer.edges) {
    lines.add(lineId(from, to, kind))
    nodes.add(from).add(to)
  }
  return { nodes, lines }
}

export function readQuestion(parameters: URLSearchParams): TraceQuestion | null {
  const exchange = parameters.get('exchange')
  if (exchange === null) return null
  const headers = [...parameters].flatMap(([name, value]) =>
    name.startsWith('h.') ? [[name.slice(2), value] as const] : [],
  )
  return { exchange, routingKey: parameters.get('key') ?? '', headers }
}

/** The parameters with the question in place of an earlier one; null takes it out. */
export function writeQuestion(parameters: URLSearchParams, question: TraceQuestion | null): URLSearchParams {
  const next = new URLSearchParams(
    [...parameters].filter(([name]) => name !== 'exchange' && name !== 'key' && !name.startsWith('h.')),
  )
  if (question === null) return next
  next.set('exchange', question.exchange)
  if (question.routingKey !== '') next.set('key', question.routingKey)
  for (const [name, value] of question.headers) if (name !== '') next.append(`h.${name}`, value)
  return next
}
