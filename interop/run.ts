/**
 * RabbitMQ's and Kafka's clients, each unchanged and in its own language, against one broker:
 * `node interop/run.ts [NAME…] [--url amqp://user:password@host:port/ | --rabbitmq | --kafka-broker HOST:PORT |
 * --apache-kafka]`.
 * Alone it starts a Signalbox of its own and expects it to end well; with an option, the clients of that protocol meet a
 * broker that is already running, or a RabbitMQ or Apache Kafka of its own: the measure of the suite itself. Each client program prints `CLIENT VERSION: CAPABILITY ok (…)` or `… FAILED: …`; they are counted here.
 */

import { parseArgs } from 'node:util'
import { connect } from 'amqplib'
import { type RunningBroker, startApacheKafka, startBroker } from './broker.ts'
import { type Client, chosenClients } from './clients.ts'
import { endAll, run } from './command.ts'
import { startRabbitmq } from './management/rabbitmq.ts'

const SECONDS_EACH = 300
let installed = Promise.resolve()
let passed = 0
let failed = 0

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    endAll()
    process.exit(130)
  })
}

const { values, positionals } = parseArgs({
  options: {
    url: { type: 'string' },
    'kafka-broker': { type: 'string' },
    'apache-kafka': { type: 'boolean' },
    rabbitmq: { type: 'boolean' },
  },
  allowPositionals: true,
})
try {
  const first = await brokerFor(values)
  const { addresses } = first
  const clients = chosenClients(positionals).filter(({ protocol }) => positionals.length > 0 || addresses[protocol])
  if (addresses.amqp) console.log(`against ${await productAt(addresses.amqp)} at ${addresses.amqp}`)
  if (addresses.kafka) console.log(`against ${first.kafkaName} at ${addresses.kafka}`)
  // Clients use the same names, so two that run at the same time have a broker each.
  const isOwn = Object.keys(values).length === 0
  const brokers = isOwn && clients.length > 1 ? [first, await startBroker()] : [first]
  const rest = clients[Symbol.iterator]()
  await Promise.all(brokers.map((broker) => lane(broker, rest)))
} catch (error) {
  fail('interop', 'run', (error as Error).message)
}
console.log(`${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

async function brokerFor(given: typeof values): Promise<RunningBroker> {
  const stop = async () => undefined
  if (given['apache-kafka']) return startApacheKafka()
  if (given.rabbitmq) {
    const { amqp, http, stop: end } = await startRabbitmq()
    return { addresses: { amqp, http }, kafkaName: '', stop: end }
  }
  if (given['kafka-broker']) return { addresses: { kafka: given['kafka-broker'] }, kafkaName: 'the broker', stop }
  if (given.url) return { addresses: { amqp: spelledOut(given.url) }, kafkaName: '', stop }
  return startBroker()
}

function addressesFor({ protocol }: Client, { amqp, kafka, http }: RunningBroker['addresses']): string[] {
  if (protocol === 'kafka') return kafka === undefined ? [] : [kafka]
  if (amqp === undefined) return []
  if (protocol === 'amqp') return [amqp]
  return http === undefined ? [] : [http.replace(/\/\/(?!.*@)/, '//guest:guest@'), amqp]
}

/** Takes one client after the other, as long as there are any. */
async function lane(broker: RunningBroker, clients: Iterator<Client, undefined>): Promise<void> {
  for (let next = clients.next(); next.done !== true; next = clients.next()) {
    await prove(next.value, addressesFor(next.value, broker.addresses))
  }
  await broker.stop()
}

/** One after the other: packages are under one lock, and some clients share theirs. */
function install(client: Client): Promise<void> {
  const done = installed.then(() => client.install())
  installed = done.catch(() => {})
  return done
}

async function prove(client: Client, addresses: readonly string[]): Promise<void> {
  let started = performance.now()
  const open = new Set(client.capabilities)
  const take = (line: string) => {
    console.log(line)
    const [, name, capability, verdict] = /^(\S+) .+?: (\S+) (ok|FAILED)\b/.exec(line) ?? []
    if (name !== client.name || !open.delete(capability!)) return
    if (verdict === 'ok') passed++
    else failed++
  }
  try {
    if (addresses.length === 0) throw new Error(`there is no ${client.protocol} broker in this run`)
    await install(client)
    started = performance.now()
    const runtime = (await run([...client.runtime], { seconds: 20 })).lines[0]
    const ended = await run([...client.command, ...addresses], { seconds: SECONDS_EACH, onLine: take })
    const how = ended.timedOut ? `no end within ${SECONDS_EACH} s` : `ended with ${ended.code}`
    for (const capability of open) fail(client.name, capability, `not reported, the program ${how}`)
    console.log(`  (${client.name}: ${runtime}; ${((performance.now() - started) / 1000).toFixed(1)} s)`)
  } catch (error) {
    for (const capability of open) fail(client.name, capability, `not run: ${(error as Error).message}`)
  }
}

function fail(name: string, capability: string, why: string): void {
  failed++
  console.log(`${name}: ${capability} FAILED: ${why}`)
}

/** Spelled out, since clients differ in what they take for a missing user, and the path `/` alone to mean. */
function spelledOut(given: string): string {
  const parts = new URL(given)
  if (parts.username === '') parts.username = parts.password = 'guest'
  if (parts.pathname === '' || parts.pathname === '/') parts.pathname = '/%2f'
  return parts.href
}

async function productAt(address: string): Promise<string> {
  const connection = await connect(address)
  const { product, version, signalbox_version } = connection.connection.serverProperties as Record<string, unknown>
  await connection.close()
  return signalbox_version === undefined ? `${product} ${version}` : `${product} ${signalbox_version} (as ${version})`
}
