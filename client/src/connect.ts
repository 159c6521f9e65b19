/** Opens a client: to a broker at an address, or to one of its own in memory, for tests. */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { Client } from './client.ts'
import { Link } from './connection/link.ts'
import { Publisher } from './connection/publisher.ts'
import { Core } from './core.ts'
import { type Codec, json } from './message/codec.ts'
import { passTraceOn, type Telemetry } from './telemetry/telemetry.ts'

export interface ClientOptions {
  /** `amqp://user:password@host:port/vhost`, or `amqps:`. */
  readonly url?: string | undefined
  /** A broker inside this process, of the package `signalbox`, that ends with the client: for tests. */
  readonly memory?: boolean | undefined
  /** Shown by the broker's tools. Default: host name and process id. */
  readonly name?: string | undefined
  /** How data becomes bodies. Default: JSON. */
  readonly codec?: Codec | undefined
  /** Told of each message. Default: trace context is passed on. */
  readonly telemetry?: Telemetry | undefined
  /** How long the first connection is tried for. Default: 30,000. A refused login fails at once. */
  readonly connectTimeoutMs?: number | undefined
  /** Pauses before connecting again, doubled each time, give or take half. Default: 100 to 10,000. */
  readonly reconnect?: { readonly minMs?: number; readonly maxMs?: number } | undefined
  /** Messages that wait for their confirm at most; more wait for their turn. Default: 10,000. */
  readonly unconfirmedMax?: number | undefined
  /** How long a message may wait for its confirm, reconnects included. Default: 60,000. */
  readonly publishTimeoutMs?: number | undefined
  /** How long `close` waits for handlers, and then for confirms. Default: 30,000. */
  readonly graceMs?: number | undefined
  /** Signals on which the client is closed and the process then ended by the signal. Default: SIGTERM. */
  readonly drainOn?: readonly NodeJS.Signals[] | undefined
  /** TLS and socket settings, as of `tls.connect`. */
  readonly socket?: object | undefined
}

/**
 * Resolves when the broker is there.
 * @throws the broker's refusal of the login, or why there is no connection within `connectTimeoutMs`
 */
export async function connect(to: string | ClientOptions): Promise<Client> {
  const options = typeof to === 'string' ? { url: to } : to
  const own = options.memory ? await memoryBroker() : null
  const url = own?.url ?? options.url
  if (url === undefined) throw new TypeError('connect needs the url of a broker, or memory: true')
  if (!/^amqps?:$/.test(URL.parse(url)?.protocol ?? '')) throw new TypeError('connect needs an amqp: or amqps: url')
  const id = `${options.name ?? `${hostname()}:${process.pid}`}:${randomUUID().slice(0, 8)}`
  const link = (direction: string): Link =>
    new Link({
      url,
      name: `${options.name ?? id} (${direction})`,
      ...(options.socket && { socket: options.socket }),
      connectTimeoutMs: options.connectTimeoutMs ?? 30_000,
      reconnect: { minMs: options.reconnect?.minMs ?? 100, maxMs: options.reconnect?.maxMs ?? 10_000 },
    })
  const [outgoing, incoming] = [link('publishing'), link('consuming')]
  const publisher = new Publisher({
    unconfirmedMax: options.unconfirmedMax ?? 10_000,
    publishTimeoutMs: options.publishTimeoutMs ?? 60_000,
  })
  try {
    await Promise.all([outgoing.open(), incoming.open()])
    await outgoing.attach(publisher)
  } catch (error) {
    await Promise.allSettled([outgoing.close(), incoming.close(), own?.stop()])
    throw error
  }
  const core = new Core(
    {
      url,
      socket: options.socket,
      clientId: id,
      codec: options.codec ?? json,
      telemetry: options.telemetry ?? passTraceOn,
      onError: (error) => client.tell(error),
    },
    outgoing,
    incoming,
    publisher,
  )
  const client: Client = new Client(core, {
    links: [outgoing, incoming],
    graceMs: options.graceMs ?? 30_000,
    drainOn: options.drainOn ?? ['SIGTERM'],
    afterClose: async () => own?.stop(),
  })
  return client
}

interface MemoryBroker {
  readonly url: string
  stop(): Promise<void>
}

async function memoryBroker(): Promise<MemoryBroker> {
  // By a name that is no literal: the broker is needed here alone, and not to build or type this package.
  const name: string = 'signalbox'
  const { startBroker } = (await import(name)) as {
    startBroker(options: object): Promise<{ amqpUrl: string; stop(): Promise<void> }>
  }
  const broker = await startBroker({ memory: true, kafkaPort: null, httpPort: null })
  return { url: broker.amqpUrl, stop: () => broker.stop() }
}
