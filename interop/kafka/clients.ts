/** Kafka's clients and tools, as clients.ts has RabbitMQ's. */
import type { Client } from '../clients.ts'
import { here, installKafkaJava, kafkaClasses } from '../install.ts'

const COMMON = ['produce-consume', 'compression', 'auto-create', 'groups', 'resume', 'seek-and-times', 'large-messages']
const PRODUCERS = ['idempotence', 'transactions']

const node = { install: async () => undefined, runtime: [process.execPath, '--version'] }
const nodeProgram = (name: string) => [process.execPath, '--no-warnings', `${here}/kafka/node/${name}.ts`]

export const kafkaClients: readonly Omit<Client, 'protocol'>[] = [
  {
    name: 'kafkajs',
    capabilities: [...COMMON, 'regex', 'admin', ...PRODUCERS],
    command: nodeProgram('kafkajs'),
    ...node,
  },
  {
    name: 'kafka-clients',
    capabilities: [
      ...[...COMMON, 'regex', ...PRODUCERS, 'cooperative', 'static-members', 'kip-848', 'kip-848-regex'],
      ...['read-process-write', 'fencing', 'admin-topics', 'admin-configs', 'admin-groups', 'admin-cluster'],
      'admin-transactions',
    ],
    install: installKafkaJava,
    command: ['java', '-cp', kafkaClasses, 'KafkaInterop'],
    runtime: ['java', '-version'],
  },
]
