/** The clients: how each is installed and run, and what it must prove; a capability it does not mention has failed. */
import {
  cache,
  here,
  installAmqpTools,
  installGo,
  installJava,
  installLibrabbitmq,
  installPrometheus,
  installPython,
  python,
} from './install.ts'
import { kafkaClients } from './kafka/clients.ts'
import { managementClients, slowClients } from './management/clients.ts'

export interface Client {
  /** The name in front of each line it prints, and on the command line. */
  readonly name: string
  readonly protocol: 'amqp' | 'kafka' | 'http'
  readonly capabilities: readonly string[]
  readonly install: () => Promise<void>
  /** The broker's URL is appended; HOST:PORT for Kafka; for HTTP its URL with a login, and AMQP's. */
  readonly command: readonly string[]
  /** Prints the version of what runs it. */
  readonly runtime: readonly string[]
}

const COMMON = ['declare', 'confirms', 'mandatory-return', 'consume-with-acks', 'requeue', 'rpc']
const TOOLS = ['declare', 'publish', 'get', 'consume-with-acks', 'requeue', 'bind-and-fan-out', 'delete']

const node = { install: async () => undefined, runtime: [process.execPath, '--version'] }
const inVenv = { install: installPython, runtime: [python, '--version'] }

const amqpClients: readonly Omit<Client, 'protocol'>[] = [
  {
    name: 'amqplib',
    capabilities: [...COMMON, 'delivery-limit', 'streams'],
    command: [process.execPath, `${here}/node/amqplib.ts`],
    ...node,
  },
  {
    name: 'rabbitmq-client',
    capabilities: COMMON,
    command: [process.execPath, `${here}/node/rabbitmq-client.ts`],
    ...node,
  },
  {
    name: 'pika',
    capabilities: [...COMMON, 'dead-letters', 'priorities', 'overflow', 'streams'],
    command: [python, '-B', `${here}/python/pika_check.py`],
    ...inVenv,
  },
  {
    name: 'amqp-tools',
    capabilities: TOOLS,
    command: [process.execPath, `${here}/node/amqp-tools.ts`],
    ...node,
    install: installAmqpTools,
  },
  {
    name: 'librabbitmq',
    capabilities: COMMON,
    install: installLibrabbitmq,
    command: [`${cache}/c/librabbitmq`],
    runtime: ['gcc', '--version'],
  },
  {
    name: 'amqp-client',
    capabilities: [...COMMON, 'transactions'],
    install: installJava,
    command: ['java', '-cp', `${cache}/java/lib/*:${cache}/java/classes`, 'Interop'],
    runtime: ['java', '-version'],
  },
  {
    name: 'amqp091-go',
    capabilities: COMMON,
    install: installGo,
    command: [`${cache}/go/interop`],
    runtime: ['go', 'version'],
  },
  {
    name: 'celery',
    capabilities: [...COMMON, 'retries', 'control', 'worker-acks'],
    command: [python, '-B', `${here}/python/celery_check.py`],
    ...inVenv,
  },
  {
    name: 'prometheus',
    capabilities: ['promtool', 'scrape', 'dashboard', 'consumer-lag', 'end'],
    install: installPrometheus,
    command: [process.execPath, `${here}/node/prometheus.ts`],
    runtime: node.runtime,
  },
]

export const clients: readonly Client[] = [
  ...amqpClients.map((client) => ({ ...client, protocol: 'amqp' as const })),
  ...kafkaClients.map((client) => ({ ...client, protocol: 'kafka' as const })),
  ...managementClients,
]

const NICKNAMES: Record<string, string> = { java: 'amqp-client', go: 'amqp091-go', c: 'librabbitmq' }

/** All of them, or those named; `amqp`, `kafka` and `http` name all of their protocol. @throws if a name is none of theirs. */
export function chosenClients(names: readonly string[]): readonly Client[] {
  if (names.length === 0) return clients
  return names.flatMap((name) => {
    if (name === 'amqp' || name === 'kafka' || name === 'http')
      return clients.filter(({ protocol }) => protocol === name)
    const found = [...clients, ...slowClients].find((client) => client.name === (NICKNAMES[name] ?? name))
    if (found) return found
    const known = [...[...clients, ...slowClients].map((client) => client.name), ...Object.keys(NICKNAMES)]
    throw new Error(`no client is called ${name}; there are ${known.join(', ')}`)
  })
}
