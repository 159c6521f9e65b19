/** A stream of events over a real socket, its time given by hand. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { ManualClock } from '../../src/base/clock.ts'
import type { Ctx } from '../../src/http/messaging/api.ts'
import { EventStream } from '../../src/http/messaging/event-stream.ts'

test('a comment every 15 s keeps it open, until its reader may not go on', async (t) => {
  const clock = new ManualClock()
  let allowed = true
  let isEnded = false
  let stream: EventStream | null = null
  const server = createServer((_request, outgoing) => {
    const ended = () => {
      isEnded = true
    }
    stream = new EventStream({ env: { outgoing } } as Ctx, clock, () => allowed, ended)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  const next = async () => (await reader.read()).value
  assert.equal(await next(), 'retry: 1000\n\n')
  clock.advance(15_000)
  assert.equal(await next(), ': still here\n\n')
  stream!.send('message', { text: 'two\nlines' }, '7')
  assert.equal(await next(), 'id: 7\nevent: message\ndata: {"text":"two\\nlines"}\n\n')
  allowed = false
  clock.advance(15_000)
  await assert.rejects(next())
  assert.ok(isEnded)
  assert.equal(clock.nextTimer(), undefined)
})

test('a reader that has gone before the stream begins is sent nothing, and nothing is kept for it', async (t) => {
  const clock = new ManualClock()
  let stream: EventStream | null = null
  const server = createServer(async (_request, outgoing) => {
    await once(outgoing, 'close')
    stream = new EventStream(
      { env: { outgoing } } as Ctx,
      clock,
      () => true,
      () => {},
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const call = request(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).on('error', () => {})
  server.once('request', () => call.destroy())
  call.end()
  await once(server, 'connection')
  while (stream === null) await new Promise((resolve) => setImmediate(resolve))
  assert.equal((stream as EventStream).closed, true)
  assert.equal(clock.nextTimer(), undefined)
})
