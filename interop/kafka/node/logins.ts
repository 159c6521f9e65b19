/**
 * Who clients are: KafkaJS, librdkafka and Kafka's console tools (the Java client) log in to a Signalbox of their
 * own, whose listeners ask for it; that of the run has none, so its address is not used.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs, { type KafkaConfig, type SASLOptions } from 'kafkajs'
import { startBroker } from '../../broker.ts'
import { here, kafkaClasses, kafkaPython } from '../../install.ts'
import { expectSame, freshName, installedVersion, proveAll } from '../../node/proof.ts'
import { runTool } from './tool.ts'

const { Kafka, logLevel } = kafkajs
const TOOLS = 'org.apache.kafka.tools'
const folder = mkdtempSync(join(tmpdir(), 'kafka-logins-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
const selfSigned = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject]
execFileSync('openssl', [...selfSigned, '-keyout', key, '-out', certificate], { stdio: 'ignore' })
const config = join(folder, 'signalbox.yaml')
writeFileSync(
  config,
  `tls_cert: ${certificate}
tls_key: ${key}
users:
  alice:
    password: 'a secret'
    permissions: { /: { configure: '.*', write: '.*', read: '.*' } }
  bob:
    password: 'bob'
    permissions: { /: { configure: '^$', write: '^$', read: '^bobs\\.' } }
kafka:
  listeners:
    - { name: login, port: 0, sasl: true }
    - { name: both, port: 0, sasl: true, tls: true }
`,
)
const broker = await startBroker(config)
const { login, both } = broker.kafkaListeners!

type Mechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512'

interface Who {
  mechanism: Mechanism
  address: string
  tls: boolean
  username: string
  password: string
}

const alice = (mechanism: Mechanism, tls = false): Who => ({
  ...{ mechanism, tls, address: tls ? both! : login! },
  ...{ username: 'alice', password: 'a secret' },
})

function kafkaOf({ mechanism, address, tls, username, password }: Who) {
  const options: KafkaConfig = {
    brokers: [address],
    logLevel: logLevel.NOTHING,
    sasl: { mechanism, username, password } as SASLOptions,
    retry: { retries: 0 },
    ...(tls && { ssl: { ca: [readFileSync(certificate, 'utf8')] } }),
  }
  return new Kafka(options)
}

const protocolOf = ({ tls }: Who) => (tls ? 'SASL_SSL' : 'SASL_PLAINTEXT')

/** By confluent-kafka: the librdkafka that Debian has answers the nonce of SCRAM in a way that Kafka 4 refuses, too. */
function librdkafka(who: Who, topic: string) {
  const settings = {
    'bootstrap.servers': who.address,
    'security.protocol': protocolOf(who),
    'sasl.mechanism': who.mechanism.toUpperCase(),
    'sasl.username': who.username,
    'sasl.password': who.password,
    ...(who.tls && { 'ssl.ca.location': certificate }),
  }
  const pairs = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  return runTool([kafkaPython, '-B', `${here}/kafka/python/confluent_read.py`, topic, ...pairs])
}

async function javaConsume(who: Who, topic: string, count: number): Promise<string> {
  const file = join(folder, `${freshName('client')}.properties`)
  const module = who.mechanism === 'plain' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  const credentials = `username="${who.username}" password="${who.password}"`
  writeFileSync(
    file,
    `security.protocol=${protocolOf(who)}
sasl.mechanism=${who.mechanism.toUpperCase()}
sasl.jaas.config=org.apache.kafka.common.security.${module} required ${credentials};
ssl.truststore.type=PEM
ssl.truststore.location=${certificate}
`,
  )
  const options = ['--bootstrap-server', who.address, '--topic', topic, '--command-config', file]
  const reading = ['--from-beginning', '--max-messages', String(count), '--timeout-ms', '30000']
  const jvm = ['-XX:TieredStopAtLevel=1', '-Xmx256m', '-cp', kafkaClasses]
  const { out, err } = await runTool(['java', ...jvm, `${TOOLS}.consumer.ConsoleConsumer`, ...options, ...reading])
  if (out === '') throw new Error(`the Java client read nothing: ${err}`)
  return out
}

/** KafkaJS writes, librdkafka and the Java client read. */
async function allThree(who: Who): Promise<string> {
  const topic = freshName('login')
  const producer = kafkaOf({ ...who }).producer()
  await producer.connect()
  const kafka = kafkaOf(who).admin()
  await kafka.connect()
  await kafka.createTopics({ topics: [{ topic }] })
  await producer.send({ topic, messages: [{ value: 'one' }, { value: 'two' }] })
  await producer.disconnect()
  await kafka.disconnect()
  const { out, err } = await librdkafka(who, topic)
  expectSame(`librdkafka's lines (${err})`, out, 'one\ntwo\n')
  expectSame("the Java client's lines", await javaConsume(who, topic, 2), 'one\ntwo\n')
  return `KafkaJS, librdkafka and the Java client log in${who.tls ? ' over TLS' : ''}`
}

async function wrongPassword(): Promise<string> {
  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
    const wrong = { ...alice(mechanism), password: 'no secret' }
    const admin = kafkaOf(wrong).admin()
    const refused = await admin.connect().then(
      () => 'let in',
      (error: Error) => error.name,
    )
    expectSame(`KafkaJS by ${mechanism}`, refused, 'KafkaJSSASLAuthenticationError')
    const { code, err } = await librdkafka(wrong, 'any')
    expectSame(`librdkafka by ${mechanism}: ${err}`, [code, err.startsWith('authentication')], [1, true])
  }
  return 'refused by all mechanisms'
}

async function noRights(): Promise<string> {
  const bob: Who = { ...alice('plain'), username: 'bob', password: 'bob' }
  const admin = kafkaOf(bob).admin()
  await admin.connect()
  const topic = freshName('forbidden')
  const refused = await admin.createTopics({ topics: [{ topic }] }).then(
    () => 'created',
    (error: { errors?: { type?: string }[]; type?: string }) => error.errors?.[0]?.type ?? error.type,
  )
  await admin.disconnect()
  expectSame('createTopics', refused, 'TOPIC_AUTHORIZATION_FAILED')
  const producer = kafkaOf(alice('plain')).producer()
  await producer.connect()
  await producer.send({ topic, messages: [{ value: 'secret' }] })
  await producer.disconnect()
  const { out, err } = await librdkafka(bob, topic)
  expectSame('what bob reads', [out, /authorization/i.test(err)], ['', true])
  return 'a topic neither made nor read'
}

await proveAll(
  'kafka-logins',
  installedVersion('kafkajs'),
  {
    plain: () => allThree(alice('plain')),
    'scram-sha-256': () => allThree(alice('scram-sha-256')),
    'scram-sha-512': () => allThree(alice('scram-sha-512')),
    tls: () => allThree(alice('scram-sha-512', true)),
    'wrong-password': wrongPassword,
    'no-rights': noRights,
  },
  2,
)
