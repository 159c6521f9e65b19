/**
 * Spans and metrics of OpenTelemetry for each message sent and each handler run, by its semantic conventions for
 * messaging; the trace goes along in the message's W3C headers. Needs the package `@opentelemetry/api`, and an SDK that
 * the application sets up; without one it costs next to nothing.
 *
 * @module client/opentelemetry
 */
import {
  type Attributes,
  type Context,
  context,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from '@opentelemetry/api'
import { type ErrorText, errorText } from '../message/remote-error.ts'
import type { Operation, Telemetry } from './telemetry.ts'

const SCOPE = '@signalbox/client'

type Headers = Readonly<Record<string, unknown>>

/** Headers of a message may be bytes, where another client wrote them. */
const headersGetter: TextMapGetter<Headers> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, key) => {
    const value = headers[key]
    return typeof value === 'string' ? value : value instanceof Uint8Array ? Buffer.from(value).toString() : undefined
  },
}

/**
 * For the option `telemetry` of `connect`. A handler's span is the child of the span that sent its message.
 * https://opentelemetry.io/docs/specs/semconv/messaging/
 */
export function openTelemetry(): Telemetry {
  const tracer = trace.getTracer(SCOPE)
  const meter = metrics.getMeter(SCOPE)
  const sent = meter.createCounter('messaging.client.sent.messages', { unit: '{message}' })
  const consumed = meter.createCounter('messaging.client.consumed.messages', { unit: '{message}' })
  const duration = meter.createHistogram('messaging.process.duration', { unit: 's' })
  return {
    async send(operation, headers, send) {
      const attributes = attributesOf(operation, 'send')
      const span = tracer.startSpan(nameOf(operation), { kind: SpanKind.PRODUCER, attributes })
      const active = trace.setSpan(context.active(), span)
      propagation.inject(active, headers)
      try {
        await context.with(active, send)
        sent.add(1, metricOf(attributes))
      } catch (error) {
        sent.add(1, metricOf(attributes, fail(span, error)))
        throw error
      } finally {
        span.end()
      }
    },
    async process(operation, headers, handle) {
      const attributes = attributesOf(operation, 'process')
      const parent: Context = propagation.extract(ROOT_CONTEXT, headers, headersGetter)
      const span = tracer.startSpan(nameOf(operation), { kind: SpanKind.CONSUMER, attributes }, parent)
      const began = performance.now()
      let failure: ErrorText | undefined
      try {
        return await context.with(trace.setSpan(parent, span), handle)
      } catch (error) {
        failure = fail(span, error)
        throw error
      } finally {
        const of = metricOf(attributes, failure)
        consumed.add(1, of)
        duration.record((performance.now() - began) / 1000, of)
        span.end()
      }
    },
  }
}

const nameOf = ({ kind, destination, name }: Operation): string => `${kind} ${destination} ${name}`

function attributesOf({ kind, destination, name, messageId }: Operation, type: 'send' | 'process'): Attributes {
  return {
    'messaging.system': 'rabbitmq',
    'messaging.operation.type': type,
    'messaging.operation.name': kind,
    'messaging.destination.name': destination,
    'messaging.message.id': messageId,
    'signalbox.name': name,
  }
}

/** Without what is another for each message: a series for each would be too many. */
function metricOf(attributes: Attributes, error?: ErrorText): Attributes {
  const { 'messaging.message.id': _, ...few } = attributes
  return error === undefined ? few : { ...few, 'error.type': error.name }
}

/** Anything may be thrown. */
function fail(span: Span, thrown: unknown): ErrorText {
  const error = errorText(thrown)
  span.recordException(error)
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
  return error
}
