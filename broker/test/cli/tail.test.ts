/** Records of topics and streams on the command line, beside those who write them. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import amqplib from 'amqplib'
import { Kafka, logLevel, type Producer } from 'kafkajs'
import { command, follow, type RunningBroker, startBroker } from './command.ts'

const HOUR_MS = 3_600_000

let broker: RunningBroker
let producer: Producer
const ends: (() => unknown)[] = []

before(async () => {
  broker = await startBroker({ after: (task) => void ends.push(task as () => void) })
  const kafka = new Kafka({ brokers: [`127.0.0.1:${await broker.program.port('kafka')}`], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.createTopics({
    topics: [
      { topic: 'visits', numPartitions: 3 },
      { topic: 'live', numPartitions: 2 },
    ],
  })
  await admin.disconnect()
  producer = kafka.producer()
  await producer.connect()
  ends.unshift(() => producer.disconnect())
  const now = Date.now()
  const record = (n: number) => ({
    partition: n % 3,
    key: `k${n}`,
    value: `v${n}`,
    headers: { odd: String(n % 2 === 1) },
    timestamp: String(now - (30 - n) * 0.1 * HOUR_MS),
  })
  await producer.send({ topic: 'visits', messages: Array.from({ length: 30 }, (_, n) => record(n)) })
})
after(async () => {
  for (const end of ends) await end()
})

const withUrl = (...args: string[]): string[] => [...args, '--url', broker.url]
const values = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, n) => `v${from + n}\n`).join('')
const tail = (...args: string[]): Promise<string> => broker.run('tail', 'visits', '--raw', ...args)

describe('tail', () => {
  it('shows all partitions by the time of their records', async () => {
    assert.equal(await tail('--from', 'earliest'), values(0, 30))
  })

  it('begins at a time, an offset, or so many before the end', async () => {
    assert.equal(await tail('--from', '-1h'), values(21, 30))
    assert.equal(await tail('--from', '8'), values(24, 30))
    assert.equal(await tail('--from', '-1'), values(27, 30))
    assert.equal(await tail('--from', 'latest'), '')
    assert.equal(await tail(), values(0, 30))
  })

  it('filters', async () => {
    assert.equal(await tail('--from', 'earliest', '--grep', '^v[12]$'), values(1, 3))
    assert.equal(await tail('--from', 'earliest', '--key', 'k29'), values(29, 30))
    assert.equal(await tail('--from', 'earliest', '--header', 'odd=true', '-n', '2'), 'v1\nv3\n')
    assert.equal(await tail('--from', 'earliest', '--partition', '1', '-n', '2'), 'v1\nv4\n')
  })

  it('tells what is wrong', async () => {
    assert.match(await broker.fails(1, 'tail', 'none'), /no topic 'none'/)
    assert.match(await broker.fails(1, 'tail', 'visits', '--partition', '3'), /no partition 3: the topic has 3/)
    assert.match(await broker.fails(2, 'tail', 'visits', '--grep', '('), /Unterminated group/)
    assert.match(await broker.fails(2, 'tail', 'visits', '--from', 'soon'), /A moment is written as/)
  })

  it('follows what comes, from where the history ended', async () => {
    const send = (value: string) => producer.send({ topic: 'live', messages: [{ key: value, value }] })
    await send('before')
    const running = follow(withUrl('tail', 'live', '--from', 'earliest', '--follow', '--json'))
    await running.prints('"value":"before"')
    await send('later')
    await running.prints('"value":"later"')
    running.interrupt()
    const { code, stdout, stderr } = await running.finished
    assert.deepEqual([code, stderr], [0, ''])
    assert.deepEqual(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).value),
      ['before', 'later'],
    )
  })

  it('reads a stream that AMQP clients write', async () => {
    const connection = await amqplib.connect(`amqp://127.0.0.1:${await broker.program.port()}`)
    const channel = await connection.createConfirmChannel()
    await channel.assertQueue('feed', { durable: true, arguments: { 'x-queue-type': 'stream' } })
    for (const text of ['a', 'b', 'c']) channel.sendToQueue('feed', Buffer.from(text))
    await channel.waitForConfirms()
    await connection.close()
    assert.equal(await broker.run('tail', 'feed', '--from', '-2', '--raw'), 'b\nc\n')
  })
})

it('a follower finds its place again when the broker comes back', async (test) => {
  const first = await startBroker(test)
  const port = new URL(first.url).port
  await first.run('topics', 'create', 'log', '--partitions', '2')
  await first.run('publish', 'one', '-t', 'log')
  const running = follow(['tail', 'log', '--from', 'earliest', '--follow', '--raw', '--url', first.url])
  await running.prints('one\n')
  const data = first.program.child.spawnargs[first.program.child.spawnargs.indexOf('--data-dir') + 1]!
  await first.program.end('SIGKILL')
  const second = await startBroker(test, '--data-dir', data, '--http-port', port)
  await second.run('publish', 'two', '-t', 'log')
  await running.prints('two\n')
  running.interrupt()
  const { code, stdout, stderr } = await running.finished
  assert.deepEqual([code, stdout], [0, 'one\ntwo\n'])
  assert.match(stderr, /the connection is gone; trying again/)
})

it('whoever has seen enough is let go', async () => {
  const { code } = await command(['tail', 'visits', '--from', 'earliest', '-n', '0', '--url', broker.url])
  assert.equal(code, 0)
})
