/**
 * One AMQP connection that comes back: after a loss it is opened again with growing, jittered pauses, what was declared
 * over it is declared again, and then its parts (a publisher, consumers) go on. amqplib recovers the connection itself.
 */
import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { type Channel, type ChannelModel, connect, type RecoveringChannelModel } from 'amqplib'
import { ClientClosed, DeclareRefused, replyCodeOf } from '../errors.ts'
import { type BrokerInfo, brokerInfo } from './broker-info.ts'
import { closeChannel, openChannel } from './channel.ts'
import { type Declaration, declare, describe, identity } from './topology.ts'
import { within } from './within.ts'
import { joinWrites } from './writes.ts'

export interface LinkOptions {
  readonly url: string
  /** Shown by the broker's own tools. */
  readonly name: string
  /** TLS and socket settings, as of `net.connect` and `tls.connect`. */
  readonly socket?: object
  /** How long the first connection is tried for. */
  readonly connectTimeoutMs: number
  readonly reconnect: { readonly minMs: number; readonly maxMs: number }
}

/** Something that lives on a link and outlives its connections. */
export interface LinkPart {
  /** There is a connection, with everything declared. A rejection means: try again with another one. */
  connected(model: ChannelModel): Promise<void>
  /** The connection is gone. */
  disconnected(): void
}

export interface LinkEvents {
  connected: [BrokerInfo]
  disconnected: [Error]
  blocked: [reason: string]
  unblocked: []
  error: [Error]
}

/** A broker that accepts connections and says nothing on them is given up for this attempt. */
const HANDSHAKE_MS = 10_000
/** How long a broker may take to say goodbye. */
const GOODBYE_MS = 5000
/** A declaration that is not refused, but followed each time by the end of the connection, is to blame for it by then. */
const ENDINGS_MAX = 3
/** The broker ends connections for reasons of its own, for instance because it stops. */
const CONNECTION_FORCED = 320

export class Link extends EventEmitter<LinkEvents> {
  private readonly options: LinkOptions
  private readonly parts = new Set<LinkPart>()
  private readonly declared = new Map<string, Declaration>()
  private readonly declaring = new Map<string, Promise<void>>()
  private recovering: RecoveringChannelModel | null = null
  private model: ChannelModel | null = null
  private waiting: { resolve: (model: ChannelModel) => void; reject: (error: Error) => void }[] = []
  private info: BrokerInfo | null = null
  /** Why the last connection ended. */
  private ending: Error | null = null
  private closed = false

  constructor(options: LinkOptions) {
    super()
    this.options = options
  }

  /** Resolves with the first connection. @throws the broker's refusal at once, or why there is none in time */
  async open(): Promise<void> {
    const { url, name, socket, reconnect, connectTimeoutMs } = this.options
    const recovering = await connect(url, {
      // Otherwise a small frame after another waits 40 ms for the broker's system to acknowledge the first.
      noDelay: true,
      timeout: HANDSHAKE_MS,
      ...socket,
      clientProperties: { connection_name: name },
      recovery: {
        initialDelay: reconnect.minMs,
        maxDelay: reconnect.maxMs,
        jitter: 0.5,
        waitForConnect: false,
        setup: (model: ChannelModel) => this.setUp(model),
      },
    })
    this.recovering = recovering
    recovering.on('disconnect', (error) => this.lost(error))
    recovering.on('blocked', (reason) => this.emit('blocked', reason))
    recovering.on('unblocked', () => this.emit('unblocked'))
    // What ends a connection is told by its end too.
    recovering.on('error', () => {})
    // That the login is not valid any more is for somebody to know.
    recovering.on('connect-failed', (error) => {
      if (this.info !== null && replyCodeOf(error) !== undefined) this.emit('error', error)
    })
    await this.firstConnection(recovering, connectTimeoutMs)
  }

  /** Who answered last. */
  get broker(): BrokerInfo {
    if (this.info === null) throw new Error('the link was not opened')
    return this.info
  }

  /** The part goes on with this connection, or the next one, and with each that follows. @throws as the part does */
  async attach(part: LinkPart): Promise<void> {
    for (;;) {
      const model = await this.connection()
      try {
        await part.connected(model)
      } catch (error) {
        if (this.model === model) throw error
      }
      if (this.model === model) return void this.parts.add(part)
      part.disconnected()
    }
  }

  detach(part: LinkPart): void {
    this.parts.delete(part)
  }

  /** Declares what was not declared yet, now or with the next connection, and from then on with each. @throws DeclareRefused */
  async declare(declarations: readonly Declaration[]): Promise<void> {
    for (const declaration of declarations) {
      const key = identity(declaration)
      if (this.declared.has(key)) continue
      let running = this.declaring.get(key)
      if (running === undefined) {
        running = this.declareFirst(key, declaration)
        this.declaring.set(key, running)
      }
      await running
    }
  }

  /** It is not declared again. */
  forget(declarations: readonly Declaration[]): void {
    for (const declaration of declarations) this.declared.delete(identity(declaration))
  }

  /** Neither the queue nor its bindings are declared again. */
  forgetQueue(queue: string): void {
    for (const [key, one] of this.declared) {
      if (one.kind === 'queue' ? one.name === queue : one.kind === 'binding' && one.to === queue)
        this.declared.delete(key)
    }
  }

  /** Runs `task` with a channel of its own, which a refusal may close; waits for a connection. */
  async withChannel<T>(task: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await openChannel(await this.connection())
    try {
      return await task(channel)
    } finally {
      await closeChannel(channel)
    }
  }

  /** Nothing is opened again. Parts should have come to their end before. */
  async close(): Promise<void> {
    this.closed = true
    for (const { reject } of this.waiting.splice(0)) reject(new ClientClosed())
    const { recovering, model } = this
    if (recovering === null) return
    this.model = null
    const ended = new Promise((resolve) => model?.once('close', resolve))
    await within(GOODBYE_MS, Promise.race([recovering.close(), ended]))
    // A broker that reads no more would keep the process alive.
    if (model !== null) socketOf(model).destroy()
  }

  private async declareFirst(key: string, declaration: Declaration): Promise<void> {
    try {
      for (let endings = 1; ; endings++) {
        const model = await this.connection()
        try {
          await this.withChannel((channel) => declare(channel, declaration))
          this.declared.set(key, declaration)
          return
        } catch (error) {
          // A connection that was lost on the way says nothing about the declaration.
          if (this.model === model) throw new DeclareRefused(describe(declaration), error)
          const { ending } = this
          const code = ending === null ? undefined : replyCodeOf(ending)
          if (code === undefined || code === CONNECTION_FORCED) endings = 0
          else if (endings === ENDINGS_MAX) throw new DeclareRefused(describe(declaration), ending)
        }
      }
    } finally {
      this.declaring.delete(key)
    }
  }

  private async firstConnection(recovering: RecoveringChannelModel, timeoutMs: number): Promise<void> {
    const refused = Promise.withResolvers<never>()
    const timer = setTimeout(() => refused.reject(last), timeoutMs)
    let last = new Error(`no connection to the broker within ${timeoutMs} ms`)
    const failed = (error: Error): void => {
      last = error
      if (isRefusal(error)) refused.reject(error)
    }
    recovering.on('connect-failed', failed)
    try {
      await Promise.race([recovering.waitForConnect(), refused.promise])
    } catch (error) {
      await this.close()
      throw error
    } finally {
      clearTimeout(timer)
      recovering.off('connect-failed', failed)
    }
  }

  private connection(): Promise<ChannelModel> {
    if (this.closed) return Promise.reject(new ClientClosed())
    if (this.model !== null) return Promise.resolve(this.model)
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }))
  }

  /** A connection that ends meanwhile must neither be waited for nor pass for one that stands. */
  private async setUp(model: ChannelModel): Promise<void> {
    joinWrites(model)
    model.on('error', () => {})
    let stands = true
    const ended = new Promise<never>((_, reject) => {
      model.once('close', (error: Error = new Error('the connection ended')) => {
        stands = false
        reject(error)
      })
    })
    await Promise.race([ended, this.goOn(model)])
    if (!stands) await ended
    if (this.closed) throw new ClientClosed()
    this.info = brokerInfo(model.connection.serverProperties)
    this.model = model
    for (const { resolve } of this.waiting.splice(0)) resolve(model)
    this.emit('connected', this.info)
  }

  private async goOn(model: ChannelModel): Promise<void> {
    for (const declaration of this.declared.values()) await this.declareAgain(model, declaration)
    for (const part of this.parts) await part.connected(model)
  }

  /** One that is refused now does not keep the others from going on. */
  private async declareAgain(model: ChannelModel, declaration: Declaration): Promise<void> {
    const channel = await openChannel(model)
    let refusal: Error | null = null
    channel.once('error', (error: Error) => (refusal = error))
    try {
      await declare(channel, declaration)
      await closeChannel(channel)
    } catch (error) {
      if (refusal === null) throw error
      this.emit('error', new DeclareRefused(`after reconnecting, ${describe(declaration)}`, error))
    }
  }

  private lost(error: Error): void {
    if (this.model === null) return
    this.model = null
    this.ending = error
    for (const part of this.parts) part.disconnected()
    this.emit('disconnected', error)
  }
}

/** The broker is there, and wants this client not. */
function isRefusal(error: Error): boolean {
  const code = replyCodeOf(error)
  return code === 403 || code === 530 || /ACCESS[_-]REFUSED|NOT[_-]ALLOWED/.test(error.message)
}

const socketOf = (model: ChannelModel): Duplex => (model.connection as unknown as { readonly stream: Duplex }).stream
