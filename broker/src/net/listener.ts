/** A listening port or Unix socket that turns sockets into connections, and closes them all when it stops. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { Turn } from '../base/turn.ts'
import { Connection, type Session, type Transport } from './connection.ts'

export interface ListenerOptions {
  turn: Turn
  /** Where: a TCP port on a host, or the path of a Unix socket. */
  at: { host: string; port: number } | { path: string }
  tls?: TlsOptions | null
  open(transport: Transport): Session
}

export interface TlsOptions {
  readonly cert: Uint8Array
  readonly key: Uint8Array
  /** Whether clients are asked for a certificate: whoever shows one must have it from an authority in `ca`. */
  readonly clientAuth?: 'none' | 'requested' | 'required'
  readonly ca?: Uint8Array | undefined
}

/** Connections waiting to be accepted; the kernel's own limit (net.core.somaxconn) still holds. */
const BACKLOG = 4096

export class Listener {
  readonly connections = new Set<Connection>()
  /** Beneath TLS: among them those whose handshake is under way, which are no connections yet. */
  private readonly sockets = new Set<Socket>()
  private readonly server: Server
  private readonly options: ListenerOptions
  private onEmpty: () => void = () => {}

  private constructor(options: ListenerOptions) {
    this.options = options
    const accept = (socket: Socket): void => this.accept(socket)
    this.server = options.tls
      ? createTlsServer({ ...secureContext(options.tls), noDelay: true }, accept)
      : createServer({ noDelay: true, allowHalfOpen: false }, accept)
    if (!options.tls) return
    // A failed TLS handshake ends its own socket and nothing else.
    this.server.on('tlsClientError', () => {})
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket)
      socket.once('close', () => this.sockets.delete(socket))
    })
  }

  /** @throws the system's error with `code` (EADDRINUSE, EACCES, …) when the place cannot be had. */
  static async listen(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options)
    await new Promise<void>((resolve, reject) => {
      listener.server.once('error', reject)
      listener.server.listen({ ...options.at, backlog: BACKLOG }, () => {
        listener.server.off('error', reject)
        resolve()
      })
    })
    // Running out of file descriptors at accept must not end the broker: the connection waits in the backlog.
    listener.server.on('error', () => {})
    return listener
  }

  /** `host:port`, or the path of the Unix socket. */
  get address(): string {
    const at = this.server.address()
    if (at === null) return ''
    if (typeof at === 'string') return at
    return at.family === 'IPv6' ? `[${at.address}]:${at.port}` : `${at.address}:${at.port}`
  }

  /** Stops accepting; connections live on. */
  stopAccepting(): void {
    if (this.server.listening) this.server.close()
  }

  /** Waits until every connection is gone, at the latest for `graceMs`, then cuts those that are left. */
  async close(graceMs: number): Promise<void> {
    this.stopAccepting()
    if (this.connections.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs)
        this.onEmpty = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    for (const connection of this.connections) connection.destroy()
    for (const socket of this.sockets) socket.destroy()
    while (this.connections.size + this.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve))
  }

  private closedOne(connection: Connection): void {
    this.connections.delete(connection)
    if (this.connections.size === 0) this.onEmpty()
  }

  private accept(socket: Socket): void {
    if (this.options.tls && isImpostor(socket)) {
      socket.destroy()
      return
    }
    const connection = new Connection(socket, this.options.turn)
    this.connections.add(connection)
    connection.attach(this.options.open(connection), (gone) => this.closedOne(gone))
  }
}

function secureContext({ cert, key, ca, clientAuth = 'none' }: TlsOptions) {
  return {
    cert: Buffer.from(cert),
    key: Buffer.from(key),
    ...(ca && { ca: Buffer.from(ca) }),
    requestCert: clientAuth !== 'none',
    rejectUnauthorized: clientAuth === 'required',
  }
}

/** A certificate that nobody known vouches for is worse than none. */
function isImpostor(socket: Socket): boolean {
  const { authorized, getPeerCertificate } = socket as TLSSocket
  return authorized === false && Object.keys(getPeerCertificate.call(socket) ?? {}).length > 0
}

/** Whether somebody listens on this Unix socket. */
export async function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
  })
}
