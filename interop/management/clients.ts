/** The clients of the management API, what each must prove, and how it is installed. */
import type { Client } from '../clients.ts'
import { cache, debianPackages, here, installVenv, must, onceFor } from '../install.ts'

const programs = `${here}/management`
const java = `${cache}/management-java`

const AREAS = [
  ...[
    'vhosts',
    'users',
    'vhost-limits',
    'exchanges',
    'queues',
    'bindings',
    'messages',
    'live',
    'policies',
    'parameters',
  ],
  ...['overview', 'health', 'unknown', 'names', 'roles', 'definitions-in', 'definitions-out', 'differences'],
  // Tools by what they read.
  ...['keda', 'telegraf', 'rabbitmq-exporter', 'datadog', 'nservicebus', 'spring-test', 'terraform'],
]
const nothing = async () => undefined

async function installJava(): Promise<void> {
  const [pom, source] = [`${programs}/java/pom.xml`, `${programs}/java/Management.java`]
  await onceFor('management-java', [pom, source], async () => {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${java}/lib`]
    await must(['mvn', '--quiet', '--batch-mode', '--file', pom, ...goal])
    await must(['javac', '-d', `${java}/classes`, '-cp', `${java}/lib/*`, source])
  })
}

async function installGo(): Promise<void> {
  await must(['go', 'build', '-C', `${programs}/go`, '-o', `${cache}/go/rabbit-hole`, '.'])
}

const all: readonly Omit<Client, 'protocol'>[] = [
  {
    name: 'management-contract',
    capabilities: AREAS,
    install: nothing,
    command: [process.execPath, `${programs}/contract.ts`],
    runtime: [process.execPath, '--version'],
  },
  {
    name: 'rabbitmqadmin',
    capabilities: [
      ...['vhosts', 'declare', 'list', 'publish-get', 'purge', 'connections', 'users', 'policies', 'export-import'],
      'delete',
    ],
    install: () => debianPackages(['rabbitmq-server']),
    command: [process.execPath, `${programs}/tools/rabbitmqadmin.ts`],
    runtime: ['python3', '--version'],
  },
  {
    name: 'rabbit-hole',
    capabilities: [
      ...[
        'overview',
        'vhosts',
        'users',
        'topology',
        'policies',
        'limits',
        'parameters',
        'definitions',
        'health',
        'lists',
      ],
      'errors',
    ],
    install: installGo,
    command: [`${cache}/go/rabbit-hole`],
    runtime: ['go', 'version'],
  },
  {
    name: 'http-client',
    capabilities: ['overview', 'vhosts', 'users', 'topology', 'messages', 'policies', 'lists', 'definitions', 'delete'],
    install: installJava,
    command: ['java', '-cp', `${java}/lib/*:${java}/classes`, 'Management'],
    runtime: ['java', '-version'],
  },
  {
    name: 'management-python',
    capabilities: ['pyrabbit2', 'amqpstorm', 'flower'],
    install: () => installVenv('management-python', `${programs}/python/requirements.txt`),
    command: [`${cache}/management-python/bin/python`, '-B', `${programs}/python/management_check.py`],
    runtime: [`${cache}/management-python/bin/python`, '--version'],
  },
]

/** Minutes to build, so only when named: `node interop/run.ts rabbitmqadmin-2 telegraf`. */
export const slowClients: readonly Client[] = [
  {
    name: 'rabbitmqadmin-2',
    protocol: 'http',
    capabilities: ['overview', 'declare', 'messages', 'policies', 'users', 'definitions', 'health', 'delete'],
    async install() {
      const where = `${cache}/rabbitmqadmin`
      await must(['cargo', 'install', 'rabbitmqadmin', '--locked', '--version', '2.35.0', '--root', where], {}, 1800)
    },
    command: [process.execPath, `${programs}/tools/rabbitmqadmin-2.ts`],
    runtime: ['cargo', '--version'],
  },
  {
    name: 'telegraf',
    protocol: 'http',
    capabilities: ['overview', 'node', 'exchange'],
    install: () => must(['go', 'build', '-C', `${programs}/telegraf`, '-o', `${cache}/go/telegraf`, '.']),
    command: [`${cache}/go/telegraf`],
    runtime: ['go', 'version'],
  },
]

export const managementClients: readonly Client[] = all.map((client) => ({ ...client, protocol: 'http' }))
