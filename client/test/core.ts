/** A client's core over a cable, for tests of what all kinds of messaging share. */
import type { TestContext } from 'node:test'
import { startBroker } from 'signalbox'
import type { Client } from '../src/client.ts'
import { type ClientOptions, connect } from '../src/connect.ts'
import type { Core, Sent } from '../src/core.ts'
import { Cable } from './cable.ts'

export interface Bench {
  readonly client: Client
  readonly core: Core
  readonly cable: Cable
  /** Of the broker itself. */
  readonly url: string
  /** What nobody waited for. */
  readonly errors: Error[]
}

export async function startBench(t: TestContext, options: ClientOptions = {}): Promise<Bench> {
  const broker = await startBroker({ memory: true })
  t.after(() => broker.stop())
  const cable = await Cable.to(broker.amqpUrl!, t)
  const client = await connect({
    url: cable.url,
    reconnect: { minMs: 10, maxMs: 50 },
    graceMs: 2000,
    drainOn: [],
    ...options,
  })
  t.after(() => client.close())
  const errors: Error[] = []
  client.on('error', (error) => errors.push(error))
  const { core } = client as unknown as { core: Core }
  return { client, core, cable, url: broker.amqpUrl!, errors }
}

export const to = (queue: string, data: unknown, properties: Sent['properties'] = {}): Sent => ({
  operation: { kind: 'send', destination: queue, name: 'test' },
  exchange: '',
  routingKey: queue,
  data,
  properties,
})

/** @throws after a minute */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`never: ${holds}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** A client with a broker of its own. */
export async function inMemory(t: TestContext): Promise<Client> {
  const client = await connect({ memory: true, drainOn: [] })
  t.after(() => client.close())
  return client
}
