/** A TCP cable to a broker that can be pulled out and put in again. */
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export class Cable {
  private readonly sockets = new Set<Socket>()
  private plugged = true
  /** What the broker says does not arrive. */
  private deaf = false
  /** Called with what the client says before it arrives. */
  tap: ((chunk: Buffer) => void) | null = null
  readonly url: string

  private constructor(url: string) {
    this.url = url
  }

  /** @param url of the broker, `amqp://user:password@host:port` */
  static async to(url: string, t: TestContext): Promise<Cable> {
    const { hostname, port, username, password } = new URL(url)
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const own = (server.address() as AddressInfo).port
    const cable = new Cable(`amqp://${username}:${password}@127.0.0.1:${own}`)
    server.on('connection', (near) => cable.join(near, dial(Number(port), hostname)))
    t.after(() => {
      cable.pull()
      server.close()
    })
    return cable
  }

  /** Cuts all connections, and refuses new ones. */
  pull(): void {
    this.plugged = false
    this.cut()
  }

  /** Cuts all connections; new ones are taken. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy()
    this.deaf = false
  }

  plug(): void {
    this.plugged = true
  }

  /** Until it is cut: the broker hears everything, and is not heard. */
  deafen(): void {
    this.deaf = true
  }

  private join(near: Socket, far: Socket): void {
    if (!this.plugged) {
      near.destroy()
      far.destroy()
      return
    }
    near.on('data', (chunk: Buffer) => {
      this.tap?.(chunk)
      far.write(chunk)
    })
    far.on('data', (chunk) => {
      if (!this.deaf) near.write(chunk)
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(one)
      one.on('error', () => {})
      one.on('close', () => {
        this.sockets.delete(one)
        other.destroy()
      })
    }
  }

  /** Calls `then` once, when the client says this method, as class and number. */
  whenSaid([kind, method]: readonly [number, number], then: () => void): void {
    const said = Buffer.from([0, kind, 0, method])
    this.tap = (chunk) => {
      if (!chunk.includes(said)) return
      this.tap = null
      then()
    }
  }
}
