/** The load generator: what it tells is what went through the broker, and it leaves nothing behind. */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { paceOf } from '../../src/cli/bench/pace.ts'
import { command, follow, type RunningBroker, startBroker } from './command.ts'

let broker: RunningBroker
const ends: (() => unknown)[] = []

before(async () => {
  broker = await startBroker({ after: (task) => void ends.push(task as () => void) })
})
after(async () => {
  for (const end of ends) await end()
})

const queues = async (): Promise<unknown[]> => broker.json('queues', 'list')

describe('bench', () => {
  it('tells rates and latencies, and takes its queues away', async () => {
    const flags = ['--duration', '1s', '--warm-up', '200ms', '--publishers', '2', '--consumers', '2', '--queues', '2']
    const told = await broker.json('bench', ...flags, '--rate', '300', '--size', '1kB', '--ack-every', '10')
    const { published, confirmed, delivered, refused } = told.messages
    assert.ok(published > 0 && confirmed > 0 && delivered > 0, JSON.stringify(told.messages))
    assert.ok(published <= 2 * 300, `${published} of at most 600`)
    assert.equal(refused, 0)
    const { p50, p95, p99, max } = told.latency_ms
    assert.ok(0 < p50 && p50 <= p95 && p95 <= p99 && p99 <= max + 0.01, JSON.stringify(told.latency_ms))
    assert.ok(told.confirm_latency_ms.max > 0 && told.samples.length > 0)
    assert.deepEqual([told.plan.sizeBytes, told.plan.rate, told.plan.url], [1000, 300, undefined])
    assert.deepEqual(await queues(), [])
  })

  it('goes as fast as it can, without confirms and acknowledgements too', async () => {
    const said = await broker.run(
      'bench',
      '--duration',
      '500ms',
      '--warm-up',
      '0s',
      '--confirms',
      '0',
      '--no-ack',
      '--no-persistent',
    )
    assert.match(said, /^ +messages +messages\/s +bytes\/s\npublished +[\d,]+ /)
    assert.match(said, /to the consumer +[\d.]+/)
    assert.doesNotMatch(said, /confirm/)
    assert.deepEqual(await queues(), [])
  })

  it('speaks Kafka too, compressed, and takes its topic and group away', async () => {
    const flags = ['--protocol', 'kafka', '--partitions', '2', '--publishers', '2', '--consumers', '2']
    const more = ['--compression', 'zstd', '--batch', '10', '--duration', '1s', '--warm-up', '200ms', '--rate', '300']
    const told = await broker.json('bench', ...flags, ...more)
    const { published, confirmed, delivered, refused } = told.messages
    assert.ok(published > 0 && confirmed > 0 && delivered > 0, JSON.stringify(told.messages))
    assert.equal(refused, 0)
    assert.ok(told.latency_ms.p50 > 0 && told.confirm_latency_ms.p50 > 0)
    assert.deepEqual([told.plan.acks, told.plan.partitions, told.plan.compression], [-1, 2, 'zstd'])
    assert.deepEqual(await broker.json('topics', 'list'), [])
    assert.deepEqual(await broker.json('groups', 'list'), [])
  })

  it('ends as after its time when it is interrupted', async () => {
    const running = follow([
      'bench',
      '--duration',
      '1h',
      '--warm-up',
      '0s',
      '--rate',
      '100',
      '--json',
      '--url',
      broker.url,
    ])
    while ((await queues()).length === 0);
    running.interrupt()
    const { code, stdout, stderr } = await running.finished
    assert.deepEqual([code, stderr], [0, ''])
    assert.ok(JSON.parse(stdout).messages.published >= 0)
    assert.deepEqual(await queues(), [])
  })

  it('tells why it cannot', async () => {
    assert.match(
      await broker.fails(1, 'bench', '--amqp-url', 'amqp://127.0.0.1:1'),
      /no connection to AMQP at 127\.0\.0\.1:1: .*ECONNREFUSED/,
    )
    assert.match(await broker.fails(2, 'bench', '--size', '3'), /--size is at least 8/)
    assert.match(await broker.fails(2, 'bench', '--rate', '0'), /above 0/)
    for (const url of ['amqp//host', 'http://host']) {
      assert.match(await broker.fails(2, 'bench', '--amqp-url', url), /--amqp-url is amqp:/)
    }
    const kafka = ['bench', '--protocol', 'kafka']
    const gone = await broker.fails(1, ...kafka, '--bootstrap-server', '127.0.0.1:1')
    assert.match(gone, /^signalbox: Kafka at 127\.0\.0\.1:1: .*ECONNREFUSED/)
    assert.match(await broker.fails(2, ...kafka, '--queues', '2'), /--queues is for --protocol amqp/)
    assert.match(await broker.fails(2, 'bench', '--acks', '1'), /--acks is for --protocol kafka/)
    assert.match(await broker.fails(2, ...kafka, '--confirms', '0'), /--acks 0 goes without/)
    assert.match(await broker.fails(2, ...kafka, '--vhost', 'other'), /--vhost goes with --sasl/)
    const { code, stderr } = await command(['bench', '--url', broker.url, '--password', 'wrong'])
    assert.equal(code, 1)
    assert.match(stderr, /does not take the login of guest/)
  })

  it('says so when the broker goes away', async (test) => {
    const other = await startBroker(test)
    const running = follow(['bench', '--duration', '1h', '--rate', '10', '--url', other.url])
    while ((await other.json('queues', 'list')).length === 0);
    await other.program.end('SIGKILL')
    const { code, stderr } = await running.finished
    assert.equal(code, 1)
    assert.match(stderr, /^signalbox: AMQP at 127\.0\.0\.1:\d+: /)
  })
})

describe('the pace', () => {
  it('is even behind the ramp, and rises along it', () => {
    const pace = paceOf(1000, 2000)
    assert.deepEqual([0, 1000, 2000, 3000].map(pace.dueBy), [0, 250, 1000, 2000])
    for (const n of [0, 10, 250, 999, 1000, 1500]) assert.ok(Math.abs(pace.dueBy(pace.dueAt(n)) - n) < 1e-6, `${n}`)
  })

  it('has no bound where there is no rate', () => {
    const pace = paceOf(Number.POSITIVE_INFINITY, 1000)
    assert.deepEqual([pace.dueBy(0), pace.dueAt(1e6)], [Number.POSITIVE_INFINITY, 0])
  })
})
