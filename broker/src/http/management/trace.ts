/** Where would this message go? Nothing is published: the ways are told as routing would take them. */
import { Hono } from 'hono'
import { z } from 'zod'
import type { Headers } from '../../broker/routing/headers.ts'
import { LogExchange } from '../../broker/routing/log-exchange.ts'
import type { RouteTarget } from '../../broker/routing/target.ts'
import { type Trace, traceKeys } from '../../broker/routing/trace.ts'
import { StreamQueue } from '../../broker/stream/stream-queue.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { notFound } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Env } from '../login/authentication.ts'
import { maySee } from './topic-access.ts'
import { exchangeId, targetId } from './topology-ids.ts'

const QUESTION = z.object({
  exchange: z.string().default(''),
  routing_key: z.string().default(''),
  headers: z.record(z.string(), z.unknown()).optional(),
})

interface TracedEdge {
  readonly from: string
  readonly to: string
  readonly kind: 'binding' | 'feed' | 'alternate'
  readonly label: string
  /** One of several is taken, by chance. */
  readonly one_of?: true
}

export function traceRoutes(_http: HttpContext): Hono<Env> {
  return new Hono<Env>().post('/trace/:vhost', async (c) => {
    const { caller } = c.var
    const vhost = caller.seenVhost(c.req.param('vhost'))
    const { exchange: name, routing_key: key, headers = {} } = await jsonBody(c, QUESTION)
    const first = vhost.exchanges.get(name === 'amq.default' ? '' : name)
    if (first === undefined) throw notFound('exchange_not_found')
    const answer = new Answer(vhost, [key, ...copiesOf(headers)], headers as Headers)
    answer.add(traceKeys(first, answer.keys, answer.headers, answer.lookup))
    return c.json(answer.body((topic) => maySee(caller, vhost, 'topic', topic)))
  })
}

/** The other keys of a message, as its publisher names them. */
function copiesOf({ CC, BCC }: Readonly<Record<string, unknown>>): string[] {
  return [CC, BCC].flatMap((keys) => (Array.isArray(keys) ? keys.filter((one) => typeof one === 'string') : []))
}

class Answer {
  readonly keys: readonly string[]
  readonly headers: Headers
  private readonly vhost: Vhost
  private readonly edges: TracedEdge[] = []
  private readonly queues = new Set<string>()
  private readonly topics = new Set<string>()
  private readonly alternates: string[] = []
  private isRouted = false
  readonly lookup = (name: string) => this.vhost.exchanges.get(name)

  constructor(vhost: Vhost, keys: readonly string[], headers: Headers) {
    this.vhost = vhost
    this.keys = keys
    this.headers = headers
  }

  add({ steps, targets }: Trace): void {
    for (const { exchange, bindings, direct, oneOf, alternate } of steps) {
      const from = exchangeId(exchange)
      const kind = exchange.type === 'x-topic-log' ? 'feed' : 'binding'
      for (const { destination, key } of bindings) {
        const to = targetId(destination, this.vhost)
        this.edges.push({ from, to, kind, label: key, ...(oneOf && { one_of: true as const }) })
      }
      // The exchange of a topic leads to itself.
      for (const target of direct) {
        const to = targetId(target, this.vhost)
        if (to !== from) this.edges.push({ from, to, kind, label: target.name })
      }
      if (alternate === null) continue
      this.alternates.push(exchange.name)
      this.edges.push({ from, to: exchangeId(alternate), kind: 'alternate', label: '' })
    }
    for (const target of targets) this.reach(target)
  }

  private reach(target: RouteTarget): void {
    this.isRouted = true
    if (target.kind !== 'topic') {
      this.queues.add(target.name)
      return
    }
    const topic = target instanceof StreamQueue ? target.topic.name : target.name
    if (this.topics.has(topic)) return
    this.topics.add(topic)
    const exchange = this.vhost.exchanges.get(topic)
    if (exchange instanceof LogExchange && exchange.bindingCount > 0) {
      this.add(traceKeys(exchange.outlet, this.keys.slice(0, 1), this.headers, this.lookup))
    }
  }

  /** @param maySee whether a topic may be named to the caller */
  body(maySee: (topic: string) => boolean): object {
    const isShown = (id: string): boolean => !id.startsWith('topic:') || maySee(id.slice('topic:'.length))
    return {
      edges: this.edges.filter(({ from, to }) => isShown(from) && isShown(to)),
      queues: [...this.queues].sort(),
      topics: [...this.topics].filter(maySee).sort(),
      alternate_used: this.alternates.length > 0,
      unroutable: !this.isRouted,
    }
  }
}
