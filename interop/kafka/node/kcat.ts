/** kcat, the shell script's Kafka client on librdkafka: each step is a process of its own. */
import { brokerUrl, expectSame, freshName, proveAll } from '../../node/proof.ts'
import { runTool } from './tool.ts'

const broker = brokerUrl()

async function kcat(options: string[], input = ''): Promise<string> {
  const { code, out, err } = await runTool(['kcat', '-b', broker, ...options], input)
  if (code !== 0) throw new Error(`kcat ${options.join(' ')} ended with ${code}: ${err}`)
  return out
}

const lines = (count: number) => Array.from({ length: count }, (_, number) => `line ${number}`)
const text = (of: string[]) => of.map((line) => `${line}\n`).join('')
const read = (topic: string, ...options: string[]) =>
  kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q', ...options])

async function produceConsume(): Promise<string> {
  const topic = freshName('produce')
  const sent = lines(100).map((line, number) => `key${number % 7}|${line}`)
  await kcat(['-P', '-t', topic, '-K', '|', '-H', 'one=1', '-H', 'two=2'], text(sent))
  expectSame('keys and values', await read(topic, '-f', '%k|%s\n'), text(sent))
  const more = await read(topic, '-c', '2', '-f', '%p %o %h %S\n')
  expectSame('partitions, offsets, headers, sizes', more, '0 0 one=1,two=2 6\n0 1 one=1,two=2 6\n')
  return '100 lines with keys and headers, in a topic made by producing'
}

async function compression(): Promise<string> {
  const topic = freshName('compression')
  const kinds = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
  for (const kind of kinds)
    await kcat(['-P', '-t', topic, '-z', kind], text(lines(50).map((line) => `${kind} ${line}`)))
  const expected = kinds.flatMap((kind) => lines(50).map((line) => `${kind} ${line}`))
  expectSame('values', await read(topic), text(expected))
  return '5 codecs'
}

async function metadata(): Promise<string> {
  const topic = freshName('metadata')
  await kcat(['-P', '-t', topic], 'first\n')
  const { brokers, topics } = JSON.parse(await kcat(['-L', '-J', '-t', topic]))
  const [{ id }] = brokers
  expectSame('brokers', brokers.length, 1)
  const partitions = [{ partition: 0, leader: id, replicas: [{ id }], isrs: [{ id }] }]
  expectSame('topics', topics, [{ topic, partitions }])
  expectSame('listed among all', (await kcat(['-L'])).includes(topic), true)
  return 'brokers, topics, partitions, leader'
}

async function seekAndTimes(): Promise<string> {
  const topic = freshName('seek')
  await kcat(['-P', '-t', topic], text(lines(30)))
  const fromTen = await kcat(['-C', '-t', topic, '-o', '10', '-e', '-q'])
  expectSame('from offset 10', fromTen, text(lines(30).slice(10)))
  expectSame('the last five', await kcat(['-C', '-t', topic, '-o', '-5', '-e', '-q']), text(lines(30).slice(25)))
  const all = (await read(topic, '-f', '%T\n')).trim().split('\n')
  const found = (await kcat(['-Q', '-t', `${topic}:0:${all[0]}`])).trim()
  expectSame('offset at the first time', found, `${topic} [0] offset 0`)
  return 'from an offset, from the end, by time'
}

async function groups(): Promise<string> {
  const topic = freshName('groups')
  const group = freshName('group')
  await kcat(['-P', '-t', topic], text(lines(40)))
  const consume = (count: number) =>
    kcat(['-G', group, '-X', 'auto.offset.reset=earliest', '-c', String(count), '-q', topic])
  expectSame('the first fifteen', await consume(15), text(lines(15)))
  expectSame('the others', await consume(25), text(lines(40).slice(15)))
  return 'a second process goes on where the first one was'
}

async function transactions(): Promise<string> {
  const topic = freshName('transactions')
  await kcat(['-P', '-t', topic, '-X', `transactional.id=${freshName('id')}`], text(lines(20)))
  expectSame('committed', await read(topic, '-X', 'isolation.level=read_committed'), text(lines(20)))
  return '20 lines in a transaction'
}

const { out } = await runTool(['dpkg-query', '--show', 'kcat'])
await proveAll(
  'kcat',
  out.trim().split('\t')[1] ?? 'unknown',
  { 'produce-consume': produceConsume, compression, metadata, 'seek-and-times': seekAndTimes, groups, transactions },
  3,
)
