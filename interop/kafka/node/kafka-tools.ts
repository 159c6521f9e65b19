/** The shell tools that Apache Kafka ships with, by the classes that its scripts start: each step is a process. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaVersion } from '../../../bench/peers/install.ts'
import { kafkaClasses } from '../../install.ts'
import { brokerUrl, expectSame, freshName, proveAll } from '../../node/proof.ts'
import { runTool } from './tool.ts'

const broker = brokerUrl()
const folder = mkdtempSync(join(tmpdir(), 'kafka-tools-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const TOOLS = 'org.apache.kafka.tools'
const GROUPS = `${TOOLS}.consumer.group.ConsumerGroupCommand`
/** They end before an optimizing compiler has paid off. */
const JVM = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx256m', '-cp', kafkaClasses]

/** What it printed. @throws if it ended with anything but 0. */
async function tool(name: string, options: string[], input = ''): Promise<string> {
  const { code, out, err } = await runTool(['java', ...JVM, name, ...options], input)
  if (code !== 0) throw new Error(`${name} ${options.join(' ')} ended with ${code}: ${err || out}`)
  return out
}

const on = (name: string, ...options: string[]) => tool(name, ['--bootstrap-server', broker, ...options])
const topicTool = (...options: string[]) => on(`${TOOLS}.TopicCommand`, ...options)

async function freshTopic(purpose: string, partitions = 1): Promise<string> {
  const topic = freshName(purpose)
  await topicTool('--create', '--topic', topic, '--partitions', String(partitions))
  return topic
}

const sendLines = (topic: string, lines: string[], ...options: string[]) =>
  tool(
    `${TOOLS}.ConsoleProducer`,
    ['--bootstrap-server', broker, '--topic', topic, ...options],
    lines.map((line) => `${line}\n`).join(''),
  )

const numbers = (count: number) => Array.from({ length: count }, (_, number) => `line ${number}`)

function expectMatch(what: string, text: string, pattern: RegExp): RegExpExecArray {
  const found = pattern.exec(text)
  if (!found) throw new Error(`${what}: ${pattern} is not in ${text}`)
  return found
}

async function topics(): Promise<string> {
  const topic = freshName('topics')
  const made = ['--create', '--topic', topic, '--partitions', '2', '--config', 'retention.ms=12345678']
  expectSame('create', (await topicTool(...made)).trim().split('\n').at(-1), `Created topic ${topic}.`)
  const described = await topicTool('--describe', '--topic', topic)
  const head = new RegExp(
    `Topic: ${topic}\\s+TopicId: [\\w-]{22}\\s+PartitionCount: 2\\s+ReplicationFactor: 1\\s+Configs: .*retention.ms=12345678`,
  )
  expectMatch('describe', described, head)
  expectMatch('describe', described, /Partition: 1\s+Leader: (\d+)\s+Replicas: \1\s+Isr: \1/)
  await topicTool('--alter', '--topic', topic, '--partitions', '4')
  expectMatch('after alter', await topicTool('--describe', '--topic', topic), /PartitionCount: 4/)
  expectSame('listed', (await topicTool('--list')).split('\n').includes(topic), true)
  await topicTool('--delete', '--topic', topic)
  expectSame('after delete', (await topicTool('--list')).split('\n').includes(topic), false)
  return 'create, describe, alter, list, delete'
}

async function configs(): Promise<string> {
  const topic = await freshTopic('configs')
  const tools = (...options: string[]) =>
    on('kafka.admin.ConfigCommand', '--entity-type', 'topics', '--entity-name', topic, ...options)
  await tools('--alter', '--add-config', 'cleanup.policy=[compact,delete],segment.bytes=2000000')
  const described = await tools('--describe')
  expectMatch('describe', described, /cleanup\.policy=compact,delete sensitive=false/)
  expectMatch('describe', described, /segment\.bytes=2000000 .*DYNAMIC_TOPIC_CONFIG:segment\.bytes=2000000/)
  await tools('--alter', '--delete-config', 'cleanup.policy')
  expectSame('after delete-config', (await tools('--describe')).includes('cleanup.policy='), false)
  expectMatch('all', await tools('--describe', '--all'), /max\.message\.bytes=1048588 .*DEFAULT_CONFIG/)
  return 'add, describe, describe all, delete'
}

async function consoleTools(): Promise<string> {
  const topic = await freshTopic('console', 2)
  const lines = Array.from({ length: 50 }, (_, number) => `h:${number}\tkey${number % 5}\tvalue ${number}`)
  const parse = ['parse.key=true', 'parse.headers=true', 'null.marker=NULL'].flatMap((one) => [
    '--reader-property',
    one,
  ])
  await sendLines(topic, [...lines, 'h:x\tkey9\tNULL'], ...parse, '--compression-codec', 'zstd')
  const shown = ['print.key=true', 'print.headers=true', 'print.partition=true', 'print.offset=true']
  const options = shown.flatMap((one) => ['--formatter-property', one])
  const out = await on(
    `${TOOLS}.consumer.ConsoleConsumer`,
    ...['--topic', topic, '--from-beginning', '--max-messages', '51', ...options],
  )
  const seen = out.trim().split('\n')
  const bare = seen.map((line) => line.replace(/^Partition:\d\tOffset:\d+\t/, ''))
  expectSame('lines', bare.toSorted(), [...lines, 'h:x\tkey9\tnull'].toSorted())
  const places = seen.map((line) => /^Partition:\d\tOffset:\d+/.exec(line)?.[0])
  expectSame('different places', new Set(places).size, 51)
  return '51 lines with keys, headers, a null, in 2 partitions'
}

async function consume(topic: string, group: string, count: number): Promise<string[]> {
  const out = await on(
    `${TOOLS}.consumer.ConsoleConsumer`,
    ...['--topic', topic, '--group', group, '--max-messages', String(count), '--timeout-ms', '30000'],
    ...['--command-property', 'auto.offset.reset=earliest'],
  )
  return out.trim().split('\n')
}

async function groups(): Promise<string> {
  const topic = await freshTopic('groups', 1)
  const group = freshName('group')
  await sendLines(topic, numbers(20))
  expectSame('first lines', await consume(topic, group, 8), numbers(8))
  const tools = (...options: string[]) => on(GROUPS, '--group', group, ...options)
  const row = (text: string) =>
    expectMatch('describe', text, new RegExp(`${topic}\\s+0\\s+(\\d+)\\s+20\\s+(\\d+)`)).slice(1)
  expectSame('offset and lag', row(await tools('--describe')), ['8', '12'])
  expectMatch('state', await tools('--describe', '--state'), new RegExp(`${group}.*\\sEmpty\\s+0`))
  expectMatch(
    'by GroupsCommand',
    await on(`${TOOLS}.GroupsCommand`, '--list'),
    new RegExp(`${group}\\s+Classic\\s+consumer`),
  )
  expectSame('listed', (await on(GROUPS, '--list')).includes(group), true)
  await tools('--delete')
  expectSame('after delete', (await on(GROUPS, '--list')).includes(group), false)
  return 'describe with lag, state, list by both tools, delete'
}

async function resetOffsets(): Promise<string> {
  const topic = await freshTopic('reset')
  const group = freshName('reset')
  await sendLines(topic, numbers(20))
  const tools = (...options: string[]) => on(GROUPS, '--group', group, ...options)
  const reset = ['--reset-offsets', '--topic', topic, '--execute']
  expectMatch('to an offset', await tools(...reset, '--to-offset', '8'), new RegExp(`${topic}\\s+0\\s+8\\b`))
  expectMatch('by a shift', await tools(...reset, '--shift-by', '-5'), new RegExp(`${topic}\\s+0\\s+3\\b`))
  expectSame('lines after the reset', await consume(topic, group, 17), numbers(20).slice(3))
  expectMatch('delete-offsets', await tools('--delete-offsets', '--topic', topic), /Successful/)
  return 'to an offset, by a shift, offsets deleted'
}

async function deleteRecords(): Promise<string> {
  const topic = await freshTopic('records')
  await sendLines(topic, numbers(10))
  const file = join(folder, 'delete.json')
  writeFileSync(file, JSON.stringify({ partitions: [{ topic, partition: 0, offset: 6 }], version: 1 }))
  const out = await on(`${TOOLS}.DeleteRecordsCommand`, '--offset-json-file', file)
  expectMatch('delete-records', out, new RegExp(`partition: ${topic}-0\\s+low_watermark: 6`))
  const offsets = async (time: string) =>
    (await on(`${TOOLS}.GetOffsetShell`, '--topic', topic, '--time', time)).trim().split('\n').at(-1)
  expectSame('earliest', await offsets('earliest'), `${topic}:0:6`)
  expectSame('latest', await offsets('-1'), `${topic}:0:10`)
  return 'records before an offset are gone; earliest and latest'
}

async function acls(): Promise<string> {
  const topic = freshName('acls')
  const tools = (...options: string[]) => on(`${TOOLS}.AclCommand`, ...options)
  const rule = ['--topic', topic, '--allow-principal', 'User:alice', '--operation', 'Read']
  await tools('--add', ...rule, '--resource-pattern-type', 'prefixed')
  await tools(
    '--add',
    '--topic',
    topic,
    '--deny-principal',
    'User:bob',
    '--operation',
    'All',
    '--deny-host',
    '10.0.0.1',
  )
  const listed = await tools('--list', '--topic', topic, '--resource-pattern-type', 'any')
  expectMatch('list', listed, /principal=User:alice, host=\*, operation=READ, permissionType=ALLOW/)
  expectMatch('list', listed, /principal=User:bob, host=10\.0\.0\.1, operation=ALL, permissionType=DENY/)
  expectMatch('list', listed, new RegExp(`name=${topic}, patternType=PREFIXED`))
  await tools('--remove', ...rule, '--resource-pattern-type', 'prefixed', '--force')
  expectSame(
    'after remove',
    (await tools('--list', '--topic', topic, '--resource-pattern-type', 'any')).includes('alice'),
    false,
  )
  await tools('--remove', '--topic', topic, '--force')
  return 'add literal and prefixed, list, remove'
}

async function transactions(): Promise<string> {
  const topic = await freshTopic('transactions')
  const id = freshName('id')
  const load = ['--topic', topic, '--num-records', '300', '--record-size', '20', '--throughput', '-1']
  await on(`${TOOLS}.ProducerPerformance`, ...load, '--transactional-id', id, '--transaction-duration-ms', '10')
  const tools = (...options: string[]) => on(`${TOOLS}.TransactionsCommand`, ...options)
  expectMatch('list', await tools('list'), new RegExp(`${id}\\s+\\d+\\s+\\d+\\s+CompleteCommit`))
  expectMatch('describe', await tools('describe', '--transactional-id', id), /CompleteCommit/)
  const producers = await tools('describe-producers', '--topic', topic, '--partition', '0')
  expectMatch('describe-producers', producers, /^\d+\s+\d+\s+\d+\s+-1\s+\d+\s+None/m)
  const out = await on(
    `${TOOLS}.consumer.ConsoleConsumer`,
    ...['--topic', topic, '--from-beginning', '--max-messages', '300', '--isolation-level', 'read_committed'],
  )
  expectSame('committed lines', out.trim().split('\n').length, 300)
  return 'list, describe, describe-producers; 300 records committed'
}

/** More than a broker keeps back before it writes; what it has not written yet need not be in the file. */
const DUMPED = 5000
const DUMPED_AT_LEAST = 1000

async function logDirs(): Promise<string> {
  const topic = await freshTopic('dirs')
  const lines = Array.from({ length: DUMPED }, (_, number) => `${number} ${randomBytes(300).toString('hex')}`)
  await sendLines(topic, lines, '--compression-codec', 'lz4')
  const out = await on(`${TOOLS}.LogDirsCommand`, '--describe', '--topic-list', topic)
  const [answer] = JSON.parse(out.split('\n').find((line) => line.startsWith('{'))!).brokers
  const { logDir, partitions, error } = answer.logDirs[0]
  expectSame('error and partitions', [error, partitions.length, partitions[0].partition], [null, 1, `${topic}-0`])
  const size: number = partitions[0].size
  if (!(size > 1_000_000 && size < 4_000_000)) throw new Error(`3 MB of lines in hexadecimal take ${size} bytes`)
  const segment = readdirSync(logDir, { recursive: true, encoding: 'utf8' }).find(
    (file) => file.includes(`${topic}-0`) && file.endsWith(`${'0'.repeat(20)}.log`),
  )
  if (segment === undefined) throw new Error(`no segment of ${topic}-0 is in ${logDir}`)
  const options = ['--files', join(logDir, segment), '--print-data-log', '--deep-iteration']
  const dump = await tool(`${TOOLS}.DumpLogSegments`, [...options, '--max-message-size', '10000000'])
  const values = [...dump.matchAll(/ payload: (.*)$/gm)].map((found) => found[1])
  expectSame('payloads in the segment', values, lines.slice(0, Math.max(values.length, DUMPED_AT_LEAST)))
  expectMatch('batches', dump, /baseOffset: 0 .*compresscodec: lz4 .*isvalid: true/)
  expectSame('invalid batches', dump.includes('isvalid: false'), false)
  return 'size by LogDirsCommand; the records of the segment by DumpLogSegments'
}

async function perf(): Promise<string> {
  const topic = await freshTopic('perf', 3)
  const load = ['--topic', topic, '--num-records', '20000', '--record-size', '200', '--throughput', '-1']
  const produced = await on(`${TOOLS}.ProducerPerformance`, ...load, '--command-property', 'compression.type=snappy')
  expectMatch('producer', produced, /20000 records sent, [\d.]+ records\/sec/)
  const consumed = await on(`${TOOLS}.ConsumerPerformance`, '--topic', topic, '--num-records', '20000')
  const row = consumed.trim().split('\n').at(-1)!.split(', ')
  expectSame('consumed', row[4], '20000')
  return '20,000 records produced and consumed'
}

async function cluster(): Promise<string> {
  expectMatch(
    'cluster-id',
    await tool(`${TOOLS}.ClusterTool`, ['cluster-id', '--bootstrap-server', broker]),
    /Cluster ID: [\w-]{22}/,
  )
  const versions = await on(`${TOOLS}.BrokerApiVersionsCommand`)
  expectMatch('api versions', versions, /Produce\(0\): \d+ to 13 \[usable: 13\]/)
  expectMatch(
    'features',
    await on(`${TOOLS}.FeatureCommand`, 'describe'),
    /transaction\.version\s.*FinalizedVersionLevel: 2/,
  )
  return 'cluster id, api versions, features'
}

await proveAll(
  'kafka-tools',
  kafkaVersion,
  {
    topics,
    configs,
    console: consoleTools,
    groups,
    'reset-offsets': resetOffsets,
    'delete-records': deleteRecords,
    acls,
    transactions,
    'log-dirs-and-segments': logDirs,
    perf,
    cluster,
  },
  3,
)
