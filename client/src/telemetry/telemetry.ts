/**
 * What observes messages: it is told of each send and each handling, and may put headers into what is sent. Without one
 * set, the W3C trace context of a message is passed on to the messages that its handler sends.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

export interface Operation {
  /** `add`, `publish`, `call`, `reply`, … or `process` */
  readonly kind: string
  /** Queue, topic or service. */
  readonly destination: string
  /** Of the job, event or method. */
  readonly name: string
  readonly messageId: string
}

export interface Telemetry {
  /** Calls `send`; what it puts into `headers` before goes with the message. */
  send(operation: Operation, headers: Record<string, unknown>, send: () => Promise<void>): Promise<void>
  /** Calls `handle`, which stands for the handler; its promise is the handler's. */
  process<T>(operation: Operation, headers: Readonly<Record<string, unknown>>, handle: () => Promise<T>): Promise<T>
}

/** Headers of https://www.w3.org/TR/trace-context/. */
const TRACE_HEADERS = ['traceparent', 'tracestate', 'baggage'] as const

type TraceContext = Readonly<Record<string, unknown>>

const current = new AsyncLocalStorage<TraceContext>()

export const passTraceOn: Telemetry = {
  send(_operation, headers, send) {
    const context = current.getStore()
    if (context !== undefined) {
      for (const name of TRACE_HEADERS) if (name in context && !(name in headers)) headers[name] = context[name]
    }
    return send()
  },
  process(_operation, headers, handle) {
    return headers.traceparent === undefined ? handle() : current.run(headers, handle)
  },
}
