// What the transcripts talk to: a Signalbox inside this process, or, with ORACLE_URL=amqp://…, a real RabbitMQ, which
// must have the users below.

export interface Target {
  readonly host: string
  readonly port: number
  stop(): Promise<void>
}

export const oracleUrl = process.env.ORACLE_URL
/** Where differences between brokers are named. */
export const broker = oracleUrl === undefined ? 'signalbox' : 'rabbit'

/** Users beside guest, whose name is their password: with what they may configure, write and read in vhost `/`. */
export const users = {
  nobody: { permissions: {} },
  reader: { permissions: { '/': { configure: '^$', write: '^$', read: '.*' } } },
  writer: { permissions: { '/': { configure: '^$', write: '.*', read: '^$' } } },
  own: { permissions: { '/': { configure: '^own\\.', write: '^own\\.', read: '^own\\.' } } },
} as const

export async function startTarget(): Promise<Target> {
  if (oracleUrl !== undefined) return { ...address(oracleUrl), stop: async () => {} }
  const { startBroker } = await import('../../src/index.ts')
  const withPasswords = Object.entries(users).map(([name, { permissions }]) => [
    name,
    { password: name, tags: [], permissions },
  ])
  const inside = await startBroker({ memory: true, users: Object.fromEntries(withPasswords) })
  return { ...address(inside.amqpUrl!), stop: () => inside.stop() }
}

function address(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}
