/** Kafka's clients and tools, as clients.ts has RabbitMQ's. */
import type { Client } from '../clients.ts'
import {
  cache,
  here,
  installKafkaGo,
  installKafkaJava,
  installKafkaPython,
  installKcat,
  kafkaClasses,
  kafkaJars,
  kafkaPython,
} from '../install.ts'

const COMMON = ['produce-consume', 'compression', 'auto-create', 'groups', 'resume', 'seek-and-times', 'large-messages']
const PRODUCERS = ['idempotence', 'transactions']

const node = { install: async () => undefined, runtime: [process.execPath, '--version'] }
const inVenv = { install: installKafkaPython, runtime: [kafkaPython, '--version'] }
const inGo = { install: installKafkaGo, runtime: ['go', 'version'] }
const nodeProgram = (name: string) => [process.execPath, '--no-warnings', `${here}/kafka/node/${name}.ts`]

export const kafkaClients: readonly Omit<Client, 'protocol'>[] = [
  {
    name: 'kafkajs',
    capabilities: [...COMMON, 'regex', 'admin', ...PRODUCERS],
    command: nodeProgram('kafkajs'),
    ...node,
  },
  {
    name: 'platformatic-kafka',
    capabilities: [...COMMON, 'admin', ...PRODUCERS, 'kip-848'],
    command: nodeProgram('platformatic'),
    ...node,
  },
  {
    name: 'kcat',
    capabilities: ['produce-consume', 'compression', 'metadata', 'seek-and-times', 'groups', 'transactions'],
    command: nodeProgram('kcat'),
    ...node,
    install: installKcat,
  },
  {
    name: 'kafka-clients',
    capabilities: [
      ...[
        ...COMMON,
        'regex',
        ...PRODUCERS,
        'cooperative',
        'static-members',
        'kip-848',
        'kip-848-migration',
        'kip-848-regex',
      ],
      ...['read-process-write', 'fencing', 'streams', 'admin-topics', 'admin-configs', 'admin-groups', 'admin-cluster'],
      'admin-transactions',
    ],
    install: installKafkaJava,
    command: ['java', '-cp', kafkaClasses, 'KafkaInterop'],
    runtime: ['java', '-version'],
  },
  {
    name: 'confluent-kafka',
    capabilities: [...COMMON, 'regex', 'admin', ...PRODUCERS, 'cooperative', 'static-members', 'kip-848'],
    command: [kafkaPython, '-B', `${here}/kafka/python/confluent_check.py`],
    ...inVenv,
  },
  {
    name: 'kafka-python',
    capabilities: [...COMMON, 'regex', 'admin', ...PRODUCERS],
    command: [kafkaPython, '-B', `${here}/kafka/python/kafka_python_check.py`],
    ...inVenv,
  },
  {
    name: 'franz-go',
    capabilities: [...COMMON, 'regex', 'admin', ...PRODUCERS, 'cooperative', 'static-members', 'kip-848'],
    command: [`${cache}/kafka-go/franz-go`],
    ...inGo,
  },
  {
    name: 'kafka-tools',
    capabilities: [
      ...['topics', 'configs', 'console', 'groups', 'reset-offsets', 'delete-records', 'acls', 'transactions'],
      ...['log-dirs-and-segments', 'perf', 'cluster'],
    ],
    install: async () => void kafkaJars(),
    command: nodeProgram('kafka-tools'),
    runtime: ['java', '-version'],
  },
  {
    name: 'sarama',
    capabilities: [...COMMON, 'admin', ...PRODUCERS],
    command: [`${cache}/kafka-go/sarama`],
    ...inGo,
  },
  {
    name: 'kafka-connect',
    capabilities: ['file-to-file', 'restart', 'internal-topics'],
    install: async () => void kafkaJars(),
    command: nodeProgram('connect'),
    runtime: ['java', '-version'],
  },
  {
    name: 'mirror-maker',
    capabilities: ['topics', 'records', 'live', 'groups', 'restart'],
    install: async () => void kafkaJars(),
    command: nodeProgram('mirror-maker'),
    runtime: ['java', '-version'],
  },
  {
    name: 'kafkatop',
    capabilities: ['lag', 'topics'],
    ...inVenv,
    command: nodeProgram('kafkatop'),
  },
  {
    name: 'web-consoles',
    capabilities: ['akhq', 'kafka-ui'],
    install: installKafkaJava,
    command: ['java', '-cp', kafkaClasses, 'Consoles'],
    runtime: ['java', '-version'],
  },
  {
    name: 'kafka-logins',
    capabilities: ['plain', 'scram-sha-256', 'scram-sha-512', 'tls', 'wrong-password', 'no-rights'],
    install: async () => {
      kafkaJars()
      await installKafkaPython()
    },
    command: nodeProgram('logins'),
    runtime: node.runtime,
  },
]
