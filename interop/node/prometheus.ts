/**
 * Prometheus, unchanged: promtool reads every answer, and a server scrapes a Signalbox under load until each expression
 * that the stock dashboard RabbitMQ-Overview asks has data. The broker is one of its own, so that all traffic is known; that
 * of the run is not used.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'amqplib'
import kafkajs from 'kafkajs'
import { startBroker } from '../broker.ts'
import { runTool } from '../kafka/node/tool.ts'
import { proveAll } from './proof.ts'

const folder = mkdtempSync(join(tmpdir(), 'prometheus-interop-'))
const broker = await startBroker()
const http = broker.addresses.http!

const IDENTITY =
  'on(instance, job) group_left(rabbitmq_cluster, rabbitmq_node) rabbitmq_identity_info{rabbitmq_cluster=~".+",job="signalbox"}'
const summed = (name: string): string => `sum(${name} * ${IDENTITY})`
const perNode = (expression: string): string => `sum(${expression} * ${IDENTITY}) by (rabbitmq_node)`
const perSecond = (name: string): string => perNode(`rate(${name}[60s])`)

/** How the dashboard asks for them. */
const TOTALS = ['connections', 'channels', 'queues', 'consumers', 'queue_messages_ready', 'queue_messages_unacked']
const GAUGES = [
  'queue_messages_ready',
  'queue_messages_unacked',
  'connections',
  'channels',
  'queues',
  'consumers',
  'global_publishers',
  'global_consumers',
]
const DIFFERENCES = [
  ['resident_memory_limit_bytes', 'process_resident_memory_bytes'],
  ['process_max_fds', 'process_open_fds'],
  ['process_max_tcp_sockets', 'process_open_tcp_sockets'],
  ['disk_space_available_bytes', 'disk_space_available_limit_bytes'],
] as const
const RATES = [
  'connections_opened_total',
  'connections_closed_total',
  'channels_opened_total',
  'channels_closed_total',
  'queues_declared_total',
  'queues_created_total',
  'queues_deleted_total',
  ...[
    'received',
    'received_confirm',
    'confirmed',
    'routed',
    'unroutable_dropped',
    'unroutable_returned',
    'delivered',
    'delivered_consume_auto_ack',
    'delivered_consume_manual_ack',
    'delivered_get_auto_ack',
    'delivered_get_manual_ack',
    'get_empty',
    'redelivered',
    'acknowledged',
  ].map((what) => `global_messages_${what}_total`),
]
const EXPRESSIONS = [
  ...TOTALS.map((name) => summed(`rabbitmq_${name}`)),
  ...GAUGES.map((name) => perNode(`rabbitmq_${name}`)),
  ...DIFFERENCES.map(([of, less]) => perNode(`(rabbitmq_${of} - rabbitmq_${less})`)),
  `rabbitmq_erlang_uptime_seconds * ${IDENTITY}`,
  `rabbitmq_build_info * ${IDENTITY}`,
]
/** All of them happen here, so all are above 0. */
const MOVING = RATES.map((name) => perSecond(`rabbitmq_${name}`))

const KAFKA = [
  'sum(kafka_consumergroup_lag{consumergroup="billing"}) by (consumergroup, topic)',
  'kafka_consumergroup_lag_sum{topic="orders"}',
  'kafka_consumergroup_members{consumergroup="billing"}',
  'sum(rate(kafka_topic_partition_current_offset{topic="orders"}[60s])) by (topic)',
  'sum(rate(kafka_consumergroup_current_offset{topic="orders"}[60s])) by (consumergroup, topic)',
  'sum(kafka_topic_partition_current_offset - kafka_topic_partition_oldest_offset) by (topic)',
  'kafka_topic_partitions{topic="orders"}',
]

/** Names of kafka_exporter's that promtool would have otherwise: by their ends they would be histograms. */
const GIVEN = ['kafka_consumergroup_current_offset_sum ', 'kafka_consumergroup_lag_sum ']

let working = true
const failures: string[] = []

/** Something of everything that there are counters for, again and again. */
async function work(worker: number): Promise<void> {
  for (let round = 0; working; round++) {
    const connection = await connect(broker.addresses.amqp!)
    const channel = await connection.createConfirmChannel()
    const { queue } = await channel.assertQueue(`work.${worker}.${round}`)
    for (let i = 0; i < 50; i++) channel.sendToQueue(queue, Buffer.alloc(100))
    channel.publish('amq.topic', 'nobody', Buffer.alloc(1))
    channel.publish('amq.topic', 'nobody', Buffer.alloc(1), { mandatory: true })
    await channel.waitForConfirms()
    const got = await channel.get(queue)
    if (got) channel.nack(got)
    await channel.get(queue, { noAck: true })
    const { consumerTag } = await channel.consume(queue, (message) => message && channel.ack(message))
    await sleep(100)
    await channel.cancel(consumerTag)
    await channel.consume(queue, () => {}, { noAck: true })
    for (let i = 0; i < 5; i++) channel.sendToQueue(queue, Buffer.alloc(100))
    await sleep(100)
    await channel.purgeQueue(queue)
    await channel.get(queue)
    await channel.deleteQueue(queue)
    await connection.close()
  }
}

async function consumeOrders(): Promise<() => Promise<void>> {
  const kafka = new kafkajs.Kafka({ brokers: [broker.addresses.kafka!], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 3 }] })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  const consumer = kafka.consumer({ groupId: 'billing' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  await consumer.run({ eachMessage: async () => {}, autoCommitInterval: 500 })
  const sending = (async () => {
    while (working) {
      await producer.send({ topic: 'orders', messages: [{ value: 'an order' }, { value: 'another' }] })
      await sleep(50)
    }
  })()
  return async () => {
    await sending
    await producer.disconnect()
    await consumer.disconnect()
  }
}

const loads = [work(1), work(2)].map((load) => load.catch((error: Error) => void failures.push(error.message)))
const stopOrders = await consumeOrders()
const idle = await connect(broker.addresses.amqp!)
const staying = await idle.createChannel()
await staying.assertQueue('jobs')
await staying.consume('jobs', () => {})

async function check(): Promise<string> {
  const paths = ['/metrics', '/metrics/per-object', '/metrics/detailed?family=queue_metrics&family=exchange_metrics']
  let lines = 0
  for (const path of paths) {
    const response = await fetch(http + path)
    const text = await response.text()
    const { code, out, err } = await runTool(['promtool', 'check', 'metrics'], text)
    const remarks = (out + err)
      .split('\n')
      .filter((line) => line !== '' && !GIVEN.some((name) => line.startsWith(name)))
    // 3: it has remarks.
    if ((code !== 0 && code !== 3) || remarks.length > 0) {
      throw new Error(`${path}: promtool ended with ${code}: ${remarks.join(' | ')}`)
    }
    lines += text.split('\n').length
  }
  return `${lines} lines of ${paths.length} answers, nothing to remark`
}

let server = ''

async function startPrometheus(): Promise<void> {
  const port = await freePort()
  const config = join(folder, 'prometheus.yml')
  const target = `{ targets: ['${new URL(http).host}'] }`
  writeFileSync(
    config,
    `global: { scrape_interval: 1s }
scrape_configs:
  - { job_name: signalbox, static_configs: [${target}] }
  - { job_name: objects, metrics_path: /metrics/per-object, static_configs: [${target}] }
`,
  )
  const place = [`--config.file=${config}`, `--storage.tsdb.path=${folder}/data`]
  const child = spawn('prometheus', [...place, `--web.listen-address=127.0.0.1:${port}`], { stdio: 'ignore' })
  process.on('exit', () => child.kill('SIGKILL'))
  server = `http://127.0.0.1:${port}`
  for (const until = Date.now() + 30_000; Date.now() < until; await sleep(200)) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`)
    const ready = await fetch(`${server}/-/ready`).catch(() => null)
    if (ready?.ok) return
  }
  throw new Error('prometheus did not come up')
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** The values an expression has now. */
async function query(expression: string): Promise<number[]> {
  const response = await fetch(`${server}/api/v1/query?query=${encodeURIComponent(expression)}`)
  const answer = (await response.json()) as {
    status: string
    error?: string
    data: { result: { value: [number, string] }[] }
  }
  if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error}`)
  return answer.data.result.map(({ value }) => Number(value[1]))
}

async function scrape(): Promise<string> {
  await startPrometheus()
  // It begins some seconds after its start, and a rate wants several.
  while ((await query('min(count_over_time(up[60s])) >= 5')).length === 0) await sleep(500)
  const up = await query('up')
  if (up.length !== 2 || up.some((one) => one !== 1)) throw new Error(`targets that are up: ${up}`)
  const [samples] = await query('sum(scrape_samples_scraped)')
  return `${samples} samples a second of two targets`
}

async function dashboard(): Promise<string> {
  const none: string[] = []
  for (const expression of EXPRESSIONS) if ((await query(expression)).length !== 1) none.push(expression)
  for (const expression of MOVING) {
    const values = await query(expression)
    if (values.length !== 1 || !(values[0]! > 0)) none.push(`${expression} (${values})`)
  }
  if (none.length > 0) throw new Error(`no data for ${none.join('; ')}`)
  return `${EXPRESSIONS.length + MOVING.length} expressions have data, all ${MOVING.length} rates are above 0`
}

async function consumerLag(): Promise<string> {
  const none: string[] = []
  for (const expression of KAFKA) {
    if ((await query(expression.replace('{', '{job="signalbox",'))).length === 0) none.push(expression)
  }
  if (none.length > 0) throw new Error(`no data for ${none.join('; ')}`)
  const [members] = await query('kafka_consumergroup_members{job="signalbox",consumergroup="billing"}')
  if (members !== 1) throw new Error(`${members} members where there is one`)
  return `${KAFKA.length} expressions of kafka_exporter's names have data`
}

async function end(): Promise<string> {
  working = false
  await Promise.all([...loads, stopOrders()])
  await idle.close()
  await broker.stop()
  rmSync(folder, { recursive: true, force: true })
  if (failures.length > 0) throw new Error(failures.join('; '))
  return 'the load ran through, the broker ended well'
}

const { out, err } = await runTool(['prometheus', '--version'])
const version = /version (\S+)/.exec(out + err)?.[1] ?? 'unknown'
await proveAll('prometheus', version, { promtool: check, scrape, dashboard, 'consumer-lag': consumerLag, end })
