// What the transcripts talk to: a Signalbox inside this process, or, with ORACLE_URL=amqp://…, a real RabbitMQ that
// has the same definitions.

import { writeDefinitions } from './definitions.ts'

export interface Target {
  readonly host: string
  readonly port: number
  stop(): Promise<void>
}

export const oracleUrl = process.env.ORACLE_URL
/** Where differences between brokers are named. */
export const broker = oracleUrl === undefined ? 'signalbox' : 'rabbit'

export async function startTarget(): Promise<Target> {
  if (oracleUrl !== undefined) return { ...address(oracleUrl), stop: async () => {} }
  const { startBroker } = await import('../../src/index.ts')
  const definitions = writeDefinitions()
  const inside = await startBroker({ memory: true, definitions: definitions.file })
  definitions.remove()
  return { ...address(inside.amqpUrl!), stop: () => inside.stop() }
}

function address(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}
