/**
 * The HTTP port. Only Node's own server is here from the start; what answers is loaded at the first request.
 */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { HttpContext } from './context.ts'

export interface HttpPlace {
  readonly host: string
  readonly port: number
  /** PEM; null without TLS. */
  readonly tls: { readonly cert: Uint8Array; readonly key: Uint8Array } | null
  /** Metrics without a login, and nothing else. */
  readonly metricsOnly?: boolean
}

/** A request may take so long to arrive; answers may take as long as they need. */
const REQUEST_TIMEOUT_MS = 60_000

export class HttpListener {
  private readonly server: Server

  private constructor(server: Server) {
    this.server = server
  }

  /** @throws the system's error with `code` (EADDRINUSE, EACCES, …) when the place cannot be had. */
  static async listen(http: HttpContext, { host, port, tls, metricsOnly }: HttpPlace): Promise<HttpListener> {
    let loading: Promise<RequestListener> | null = null
    const load = async (): Promise<RequestListener> =>
      metricsOnly
        ? (await import('./metrics/port.ts')).metricsListener(http)
        : (await import('./app.ts')).requestListener(http)
    const answer: RequestListener = (request, response) => {
      loading ??= load()
      loading.then(
        (listener) => listener(request, response),
        (error: Error) => {
          http.broker.logger.error({ error: error.stack }, 'a bug in the broker: HTTP cannot be answered')
          response.writeHead(500).end()
        },
      )
    }
    const options = { requestTimeout: REQUEST_TIMEOUT_MS }
    const server =
      tls === null
        ? createServer(options, answer)
        : createTlsServer({ ...options, cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) }, answer)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    server.on('error', () => {})
    return new HttpListener(server)
  }

  /** `host:port` */
  get address(): string {
    const { address, port, family } = this.server.address() as AddressInfo
    return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`
  }

  /** Ends what is under way: long polls and event streams would never end by themselves. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()))
    this.server.closeAllConnections()
    await closed
  }
}
