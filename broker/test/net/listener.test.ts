// Real sockets: TCP, Unix and TLS, back-pressure both ways, and an end that leaves nothing open.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { Turn } from '../../src/base/turn.ts'
import type { Session, Transport } from '../../src/net/connection.ts'
import { Listener } from '../../src/net/listener.ts'
import { temporaryFolder } from '../cli/process.ts'

const certificates = join(import.meta.dirname, '../cli/certificate')
const cert = readFileSync(join(certificates, 'certificate.pem'))
const key = readFileSync(join(certificates, 'key.pem'))

/** Gives back what it gets. */
class Echo implements Session {
  static open: Echo[] = []
  readonly transport: Transport
  received = 0
  writables = 0
  isClosed = false

  constructor(transport: Transport) {
    this.transport = transport
    Echo.open.push(this)
  }

  receive(chunk: Uint8Array): void {
    this.received += chunk.length
    this.transport.output.append(chunk)
    this.transport.flushSoon()
  }

  writable(): void {
    this.writables++
  }

  closed(): void {
    this.isClosed = true
  }
}

async function listen(at: { host: string; port: number } | { path: string }, tls = false): Promise<Listener> {
  Echo.open = []
  return Listener.listen({ turn: new Turn(), at, tls: tls ? { cert, key } : null, open: (one) => new Echo(one) })
}

const portOf = (listener: Listener): number => Number(listener.address.split(':').at(-1))

async function echoed(socket: Socket, octets: Buffer): Promise<Buffer> {
  socket.write(octets)
  const parts: Buffer[] = []
  for (let size = 0; size < octets.length; ) {
    const [part] = await once(socket, 'data')
    parts.push(part)
    size += part.length
  }
  return Buffer.concat(parts)
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 1))
}

test('TCP, a Unix socket and TLS carry the same bytes', async (t) => {
  const path = join(temporaryFolder(t), 'socket')
  const octets = Buffer.alloc(300_000, 'bytes ')
  for (const [at, tls] of [
    [{ host: '127.0.0.1', port: 0 }, false],
    [{ path }, false],
    [{ host: '127.0.0.1', port: 0 }, true],
  ] as const) {
    const listener = await listen(at, tls)
    const where = 'path' in at ? { path } : { host: at.host, port: portOf(listener) }
    const socket = tls ? connectTls({ ...where, ca: [cert], servername: 'localhost' }) : connect(where)
    await once(socket, tls ? 'secureConnect' : 'connect')
    assert.ok((await echoed(socket, octets)).equals(octets))
    const [{ transport }] = Echo.open
    assert.ok(transport.peer.loopback)
    assert.equal(transport.peer.tls === null, !tls)
    assert.deepEqual([transport.bytesIn, transport.bytesOut], [octets.length, octets.length])
    socket.end()
    await until(() => Echo.open[0].isClosed)
    assert.equal(listener.connections.size, 0)
    await listener.close(1000)
  }
})

test('a peer that does not read is told of in bytes, no longer read from beyond a bound, and served when it reads', async () => {
  const listener = await listen({ host: '127.0.0.1', port: 0 })
  const socket = connect(portOf(listener), '127.0.0.1')
  await once(socket, 'connect')
  await until(() => Echo.open.length === 1)
  const [echo] = Echo.open
  const { transport } = echo
  const part = Buffer.alloc(1 << 20)
  for (let sent = 0; sent < 80 && !transport.paused; sent++) {
    transport.output.append(part)
    transport.flushSoon()
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.ok(transport.paused && transport.unsent > 60 << 20)
  const { writables, received } = echo
  socket.write('question')
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.deepEqual([echo.writables, echo.received], [writables, received])
  socket.resume()
  await until(() => echo.received > received)
  assert.ok(echo.writables > writables && transport.unsent === 0 && !transport.paused)
  socket.destroy()
  await listener.close(1000)
})

test('reasons not to read do not undo each other', async () => {
  const listener = await listen({ host: '127.0.0.1', port: 0 })
  const socket = connect(portOf(listener), '127.0.0.1')
  await once(socket, 'connect')
  await until(() => Echo.open.length === 1)
  const [{ transport }] = Echo.open
  transport.pause(1)
  transport.pause(2)
  transport.pause(2)
  socket.write('x')
  transport.resume(2)
  await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(Echo.open[0].received, 0)
  transport.resume(1)
  await until(() => Echo.open[0].received === 1)
  socket.destroy()
  await listener.close(1000)
})

test('an end writes what is there, and cuts off who does not follow', async () => {
  const listener = await listen({ host: '127.0.0.1', port: 0 })
  const socket = connect({ port: portOf(listener), host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  await until(() => Echo.open.length === 1)
  const [echo] = Echo.open
  echo.transport.output.append(Buffer.from('last words'))
  echo.transport.end(30)
  const [words] = await once(socket, 'data')
  assert.equal(`${words}`, 'last words')
  await until(() => echo.isClosed)
  socket.destroy()
  await listener.close(1000)
})

test('a close waits for those who leave, cuts those who stay, and a TLS handshake that never ends too', async () => {
  const listener = await listen({ host: '127.0.0.1', port: 0 }, true)
  const port = portOf(listener)
  const mute = connect(port, '127.0.0.1')
  await once(mute, 'connect')
  const greeted = connectTls({ port, host: '127.0.0.1', ca: [cert], servername: 'localhost' })
  await once(greeted, 'secureConnect')
  await until(() => listener.connections.size === 1)
  const ends = [mute, greeted].map((socket) =>
    once(
      socket.on('error', () => {}),
      'close',
    ),
  )
  await listener.close(20)
  await Promise.all(ends)
  assert.ok(Echo.open[0].isClosed)
})

test('what was lent to the output comes back once it was written, not before', async () => {
  const listener = await listen({ host: '127.0.0.1', port: 0 })
  const socket = connect(portOf(listener), '127.0.0.1')
  await echoed(socket, Buffer.from('hello'))
  socket.pause()
  const { transport } = Echo.open[0]
  let isBack = false
  // More than the kernel takes for a peer that does not read.
  const bytes = Buffer.alloc(32 << 20, 7)
  transport.output.reference(bytes)
  transport.output.borrowed([{ bytes, giveBack: () => void (isBack = true) }])
  transport.flushSoon()
  await until(() => transport.unsent > 0)
  await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(!isBack, 'the kernel has not taken it')
  let received = 0
  socket.on('data', (chunk) => {
    received += chunk.length
  })
  socket.resume()
  await until(() => isBack && received === bytes.length)
  socket.destroy()
  await listener.close(1000)
})
