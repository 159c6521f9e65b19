/**
 * The pump between one socket and one session: bytes in, one write per turn out, back-pressure both ways.
 * The session knows no socket; this file knows no protocol.
 */
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { giveBackAll } from '../base/loan.ts'
import type { Turn, TurnTask } from '../base/turn.ts'
import { TurnPhase } from '../base/turn.ts'
import { Output, releaseChunks } from './output.ts'

/** What a protocol gives to the pump. */
export interface Session {
  /** Bytes from the peer. The chunk belongs to the session and is never reused. */
  receive(chunk: Uint8Array): void
  /** The peer has read enough of what was sent for more to be worth sending. */
  writable(): void
  /** The connection is gone; called once, whoever ended it. */
  closed(): void
}

/** What a session may ask of its connection. */
export interface Transport {
  readonly output: Output
  readonly peer: PeerAddress
  /** Bytes that the kernel would not take at the last write: `writable` follows once it has. 0 when it took all. */
  readonly unsent: number
  /** Whether anything stands against reading. */
  readonly paused: boolean
  readonly bytesIn: number
  readonly bytesOut: number
  /** Chunks that came from the socket, and turns in which something was written to it. */
  readonly readsIn: number
  readonly writesOut: number
  /** Writes the output at the end of this turn. */
  flushSoon(): void
  /** Stops and resumes reading: the peer is slowed by TCP. Counted per reason, so that two reasons do not undo each other. */
  pause(reason: PauseReason): void
  resume(reason: PauseReason): void
  /** Writes what is there, then closes; destroys after `graceMs` if the peer does not follow. */
  end(graceMs?: number): void
  destroy(): void
}

export interface PeerAddress {
  readonly address: string
  readonly port: number
  readonly localAddress: string
  readonly localPort: number
  readonly loopback: boolean
  readonly tls: TlsPeer | null
}

export interface TlsPeer {
  readonly protocol: string
  readonly cipher: string
  /** Of the certificate that the client showed and an authority of ours vouches for. */
  readonly commonName: string | null
}

/** Reasons not to read, as bits. */
export const PauseReason = { answer: 1, lag: 2, alarm: 4, unsent: 8 } as const
export type PauseReason = (typeof PauseReason)[keyof typeof PauseReason]

const END_GRACE_MS = 3000
/** A peer that leaves more than this unread is not read from either: its questions would only add answers. */
const UNSENT_MAX = 64 * 1024 * 1024

export class Connection implements Transport, TurnTask {
  scheduled = false
  readonly output = new Output()
  readonly peer: PeerAddress
  bytesIn = 0
  bytesOut = 0
  readsIn = 0
  writesOut = 0
  unsent = 0
  private readonly socket: Socket
  private readonly turn: Turn
  private session: Session | null = null
  private pauses = 0
  private ending = false
  private endTimer: NodeJS.Timeout | null = null

  constructor(socket: Socket, turn: Turn) {
    this.socket = socket
    this.turn = turn
    this.peer = peerOf(socket)
  }

  /** Connects the session; from here on bytes flow. */
  attach(session: Session, onClosed: (connection: Connection) => void): void {
    this.session = session
    const { socket } = this
    socket.setNoDelay(true)
    socket.on('data', (chunk: Uint8Array) => {
      this.bytesIn += chunk.length
      this.readsIn++
      session.receive(chunk)
    })
    socket.on('drain', () => {
      this.unsent = 0
      this.resume(PauseReason.unsent)
      if (!this.ending) session.writable()
    })
    socket.on('end', () => this.end())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (this.endTimer) clearTimeout(this.endTimer)
      this.session = null
      session.closed()
      onClosed(this)
    })
  }

  flushSoon(): void {
    this.turn.schedule(TurnPhase.flush, this)
  }

  runTurn(): void {
    const { socket, output } = this
    if (output.pending === 0) return
    this.bytesOut += output.pending
    this.writesOut++
    const { parts, chunks, loans } = output.take()
    if (socket.destroyed || socket.writableEnded) return
    const last = parts.length - 1
    if (last > 0) socket.cork()
    for (let i = 0; i < last; i++) socket.write(parts[i])
    socket.write(parts[last], (error) => {
      releaseChunks(chunks)
      // Without an error the kernel has them all.
      if (!error) giveBackAll(loans)
    })
    if (last > 0) socket.uncork()
    this.unsent = socket.writableNeedDrain ? socket.writableLength : 0
    if (this.unsent > UNSENT_MAX) this.pause(PauseReason.unsent)
    // What the kernel took at once makes no drain event.
    if (this.unsent === 0) this.session?.writable()
  }

  get paused(): boolean {
    return this.pauses !== 0
  }

  pause(reason: PauseReason): void {
    if (this.pauses === 0) this.socket.pause()
    this.pauses |= reason
  }

  resume(reason: PauseReason): void {
    if (this.pauses === 0) return
    this.pauses &= ~reason
    if (this.pauses === 0) this.socket.resume()
  }

  end(graceMs: number = END_GRACE_MS): void {
    if (this.ending) return
    this.ending = true
    this.runTurn()
    this.socket.end()
    // The peer's last bytes must be read for its close to be seen.
    this.socket.resume()
    this.endTimer = setTimeout(() => this.socket.destroy(), graceMs)
    this.endTimer.unref()
  }

  destroy(): void {
    this.socket.destroy()
  }
}

/** As the broker lists connections. */
export function trafficOf({ bytesIn, bytesOut, readsIn, writesOut, unsent }: Transport): {
  readonly octetsIn: number
  readonly octetsOut: number
  readonly readsIn: number
  readonly writesOut: number
  readonly unsent: number
} {
  return { octetsIn: bytesIn, octetsOut: bytesOut, readsIn, writesOut, unsent }
}

function peerOf(socket: Socket): PeerAddress {
  const address = socket.remoteAddress ?? ''
  return {
    address,
    port: socket.remotePort ?? 0,
    localAddress: socket.localAddress ?? '',
    localPort: socket.localPort ?? 0,
    // A Unix socket has no address and is as local as can be.
    loopback: address === '' || address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.'),
    tls: 'encrypted' in socket ? tlsPeerOf(socket as TLSSocket) : null,
  }
}

function tlsPeerOf(socket: TLSSocket): TlsPeer {
  const name = socket.authorized ? socket.getPeerCertificate().subject?.CN : undefined
  return {
    protocol: socket.getProtocol() ?? '',
    cipher: socket.getCipher()?.name ?? '',
    commonName: (Array.isArray(name) ? name[0] : name) ?? null,
  }
}
