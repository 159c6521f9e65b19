/**
 * Kafka Connect's distributed worker: a file is read into a topic and the topic into a file, its connectors, offsets and
 * states kept in topics of the broker. A second worker, started after the first one has left, goes on where it was.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import kafkajs from 'kafkajs'
import { freePort } from '../../../bench/peers/broker.ts'
import { kafkaVersion } from '../../../bench/peers/install.ts'
import { brokerUrl, expectSame, freshName, proveAll } from '../../node/proof.ts'
import { eventually } from './eventually.ts'
import { startJava } from './java-process.ts'

const broker = brokerUrl()
const folder = mkdtempSync(join(tmpdir(), 'kafka-connect-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const [source, sink] = [join(folder, 'source.txt'), join(folder, 'sink.txt')]
const cluster = freshName('connect')
const topic = freshName('connect')
const INTERNAL = ['config', 'offset', 'status']
const LINES = 300

interface Worker {
  readonly url: string
  stop(): Promise<void>
}

async function startWorker(): Promise<Worker> {
  const port = await freePort()
  const json = 'org.apache.kafka.connect.storage.StringConverter'
  const settings = {
    'bootstrap.servers': broker,
    'group.id': cluster,
    'key.converter': json,
    'value.converter': json,
    listeners: `http://127.0.0.1:${port}`,
    ...Object.fromEntries(
      INTERNAL.flatMap((name) => [
        [`${name}.storage.topic`, `${cluster}.${name}`],
        [`${name}.storage.replication.factor`, '1'],
      ]),
    ),
  }
  const worker = startJava(
    'org.apache.kafka.connect.cli.ConnectDistributed',
    join(folder, 'worker.properties'),
    settings,
  )
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; attempt < 4; attempt++) {
    try {
      await eventually(
        () => answers(`${url}/connectors`),
        () => `the worker does not answer: ${worker.words()}`,
      )
      break
    } catch (error) {
      if (attempt === 3 || worker.exitCode !== null) throw error
    }
  }
  return { url, stop: worker.stop }
}

const answers = (url: string) =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )

async function connector({ url }: Worker, name: string, config: Record<string, string>): Promise<void> {
  const { ok, status } = await fetch(`${url}/connectors`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, config: { 'tasks.max': '1', ...config } }),
  })
  if (!ok) throw new Error(`connector ${name} was answered with ${status}`)
}

/** Plain ASCII: the file source counts characters where it means bytes, and would not find its place again. */
const lines = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `line ${from + at}`)
const text = (of: string[]) => of.map((line) => `${line}\n`).join('')

async function sinkHas(count: number): Promise<void> {
  const seen = () => {
    try {
      return readFileSync(sink, 'utf8')
    } catch {
      return ''
    }
  }
  await eventually(
    () => seen().split('\n').length > count,
    () => `${seen().split('\n').length - 1} of ${count} lines came`,
  )
  expectSame('the file written', seen(), text(lines(0, count)))
}

async function fileToFile(worker: Worker): Promise<string> {
  writeFileSync(source, text(lines(0, LINES)))
  const files = 'org.apache.kafka.connect.file.FileStream'
  await connector(worker, 'source', { 'connector.class': `${files}SourceConnector`, file: source, topic })
  await connector(worker, 'sink', { 'connector.class': `${files}SinkConnector`, file: sink, topics: topic })
  await sinkHas(LINES)
  return `${LINES} lines from a file to a topic to a file`
}

async function restart(worker: Worker): Promise<string> {
  await worker.stop()
  appendFileSync(source, text(lines(LINES, 2 * LINES)))
  const second = await startWorker()
  await sinkHas(2 * LINES)
  const { tasks } = (await (await fetch(`${second.url}/connectors/sink/status`)).json()) as {
    tasks: { state: string }[]
  }
  expectSame('state of the sink', tasks[0]?.state, 'RUNNING')
  await second.stop()
  return 'a new worker finds the connectors and goes on at their offsets'
}

async function internalTopics(): Promise<string> {
  const { Kafka, logLevel, ConfigResourceTypes } = kafkajs
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const named = INTERNAL.map((name) => ({ type: ConfigResourceTypes.TOPIC, name: `${cluster}.${name}` }))
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: named })
  const policies = resources.map(
    ({ configEntries }) => configEntries.find((one) => one.configName === 'cleanup.policy')?.configValue,
  )
  expectSame('cleanup.policy', policies, ['compact', 'compact', 'compact'])
  const { topics } = await admin.fetchTopicMetadata({ topics: named.map(({ name }) => name) })
  const counts = topics.map(({ partitions }) => partitions.length).toSorted((one, other) => one - other)
  expectSame('partitions', counts, [1, 5, 25])
  await admin.disconnect()
  return 'compacted topics of 1, 25 and 5 partitions'
}

const first = startWorker()
first.catch(() => undefined)
await proveAll('kafka-connect', kafkaVersion, {
  'file-to-file': async () => fileToFile(await first),
  restart: async () => restart(await first),
  'internal-topics': internalTopics,
})
