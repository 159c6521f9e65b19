/** Traces go along with messages: with OpenTelemetry as spans, without it as headers that are passed on. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { openTelemetry } from '../src/telemetry/opentelemetry.ts'
import type { Operation, Telemetry } from '../src/telemetry/telemetry.ts'
import { passTraceOn } from '../src/telemetry/telemetry.ts'

const exporter = new InMemorySpanExporter()

before(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
})
after(() => {
  context.disable()
  propagation.disable()
  trace.disable()
})

const add: Operation = { kind: 'add', destination: 'video', name: 'encode', messageId: 'm1' }
const handled: Operation = { ...add, kind: 'process' }

/** @returns the headers that a message sent now has. */
async function headersOf(telemetry: Telemetry): Promise<Record<string, unknown>> {
  const headers: Record<string, unknown> = {}
  await telemetry.send(add, headers, async () => {})
  return headers
}

test('a handler is the child of whoever sent the message, and the parent of what it sends', async () => {
  exporter.reset()
  const telemetry = openTelemetry()
  const headers = await headersOf(telemetry)
  assert.match(String(headers.traceparent), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  // As bytes, as clients in other languages may write them.
  const received = { traceparent: Buffer.from(String(headers.traceparent)) }
  await telemetry.process(handled, received, () => headersOf(telemetry))
  const [sent, answered, processed] = exporter.getFinishedSpans()
  assert.equal(sent.kind, SpanKind.PRODUCER)
  assert.equal(processed.kind, SpanKind.CONSUMER)
  assert.equal(processed.parentSpanContext?.spanId, sent.spanContext().spanId)
  assert.equal(answered.parentSpanContext?.spanId, processed.spanContext().spanId)
  assert.equal(answered.spanContext().traceId, sent.spanContext().traceId)
  assert.equal(sent.attributes['messaging.destination.name'], 'video')
})

test('a failure is told by its span, and goes on', async () => {
  exporter.reset()
  const failing = openTelemetry().process(handled, {}, () => Promise.reject(new TypeError('no such file')))
  await assert.rejects(failing, TypeError)
  const [span] = exporter.getFinishedSpans()
  assert.deepEqual(span.status, { code: SpanStatusCode.ERROR, message: 'no such file' })
})

test('whatever is thrown goes on as it is', async () => {
  for (const thrown of [null, undefined, 'text', Object.create(null)]) {
    exporter.reset()
    const failing = openTelemetry().process(handled, {}, () => Promise.reject(thrown))
    assert.equal(await failing.catch((error) => error), thrown)
    assert.equal(exporter.getFinishedSpans()[0]?.status.code, SpanStatusCode.ERROR)
  }
})

test('without OpenTelemetry the trace of a message goes on with what its handler sends', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const headers = await passTraceOn.process(handled, { traceparent, other: 1 }, async () => {
    await new Promise((resolve) => setTimeout(resolve, 1))
    return headersOf(passTraceOn)
  })
  assert.deepEqual(headers, { traceparent })
  assert.deepEqual(await headersOf(passTraceOn), {})
})
