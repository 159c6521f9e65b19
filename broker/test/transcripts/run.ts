// The state of one dialogue while it runs: its connections, its open channels, what it heard and kept.

import { PROTOCOL_HEADER } from '../../src/wire/amqp/constants.ts'
import type { MethodName } from '../../src/wire/amqp/methods.ts'
import { type Arrival, Client } from './client.ts'
import { Capture, Captured, type Expected, hear } from './hearing.ts'
import type { Target } from './target.ts'

/** A line of a dialogue. */
export type Step = (run: Run) => Promise<void>

export interface Login {
  readonly user?: string
  readonly virtualHost?: string
  readonly capabilities?: { readonly [name: string]: boolean }
}

export class Run {
  readonly target: Target
  readonly logins = new Map<string, Login>()
  readonly captured = new Map<string, unknown>()
  readonly clients = new Map<string, Client>()
  /** Channels open now, as `connection/number`, with the method last sent on each. */
  readonly channels = new Map<string, MethodName | undefined>()
  readonly declared = { queues: new Set<string>(), exchanges: new Set<string>() }

  constructor(target: Target) {
    this.target = target
  }

  /** A socket that has said nothing yet. */
  async connect(name: string): Promise<Client> {
    const client = await Client.connect(this.target.host, this.target.port)
    this.clients.set(name, client)
    return client
  }

  /** A connection that is through its handshake. */
  async client(name: string): Promise<Client> {
    const known = this.clients.get(name)
    if (known !== undefined) return known
    const client = await this.connect(name)
    const login = this.logins.get(name) ?? {}
    client.write(PROTOCOL_HEADER)
    hear(await client.next(0), 'connection.start', {})
    client.send(0, 'connection.start-ok', startOk(login))
    const tune = await client.next(0)
    hear(tune, 'connection.tune', {})
    const { channelMax, frameMax } = tune.args as { channelMax: number; frameMax: number }
    client.send(0, 'connection.tune-ok', { channelMax, frameMax, heartbeat: 0 })
    client.send(0, 'connection.open', { virtualHost: login.virtualHost ?? '/' })
    hear(await client.next(0), 'connection.open-ok', {})
    return client
  }

  /** The client of a connection, with the channel open. */
  async channel(name: string, number: number): Promise<Client> {
    const client = await this.client(name)
    const key = `${name}/${number}`
    if (number !== 0 && !this.channels.has(key)) {
      client.send(number, 'channel.open', {})
      hear(await client.next(number), 'channel.open-ok', {})
      this.channels.set(key, undefined)
    }
    return client
  }

  forget(name: string): void {
    this.clients.delete(name)
    for (const key of this.channels.keys()) if (key.startsWith(`${name}/`)) this.channels.delete(key)
  }

  /** Puts what was heard before into what is said or expected now. */
  resolve<T extends object>(args: T): T {
    const resolved = Object.entries(args).map(([field, value]) => [
      field,
      value instanceof Captured ? this.captured.get(value.name) : value,
    ])
    return Object.fromEntries(resolved) as T
  }

  hear(arrival: Arrival, name: MethodName, expected: Expected): void {
    for (const [field, value] of Object.entries(expected)) {
      if (value instanceof Capture) this.captured.set(value.name, arrival.args[field])
    }
    hear(arrival, name, this.resolve(expected))
  }
}

/** The answer to connection.start, with PLAIN. */
export function startOk({ user = 'guest', capabilities = {} }: Login = {}) {
  const all = { 'basic.nack': true, consumer_cancel_notify: true, authentication_failure_close: true }
  return {
    clientProperties: { product: 'transcripts', capabilities: { publisher_confirms: true, ...all, ...capabilities } },
    mechanism: 'PLAIN',
    response: `\0${user}\0${user}`,
    locale: 'en_US',
  }
}
