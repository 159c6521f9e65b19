/**
 * One log, both worlds. A Java program writes orders to a topic; RabbitMQ clients work on them with retries and dead
 * letters, and one of them is killed; a Kafka group reads the same orders later from offset 0; and what the RabbitMQ clients
 * tell of is read by a Kafka consumer. shop.ts shows what stands where.
 *
 *   node examples/both-worlds/main.ts [ORDERS]
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import amqplib, { type Channel } from 'amqplib'
import type { Kafka } from 'kafkajs'
import { killChild, startChild, stopChild } from '../child.ts'
import { example } from '../example.ts'
import { javaCommand } from '../java.ts'
import { deleteTopics, kafkaClient, makeTopics, readTopic } from '../kafka.ts'
import { broken, declareAll, deleteAll, history, isPoison, type Order, orderOf, orders, work } from './shop.ts'

const count = Number(process.argv[2] ?? 20_000)
const workers = 3

await example('both-worlds', async ({ amqpUrl, kafkaBroker }, prove) => {
  const producer = javaCommand(new URL('.', import.meta.url), 'OrderProducer')
  const all = Array.from({ length: count }, (_, order) => orderOf(order))
  const kafka = kafkaClient(kafkaBroker)
  const admin = kafka.admin()
  await admin.connect()
  const connection = await amqplib.connect(amqpUrl)
  const channel = await connection.createChannel()
  await deleteAll(channel)
  await makeTopics(admin, [orders, history])
  await declareAll(channel)

  const pool = await Promise.all(
    Array.from({ length: workers }, () => startChild(new URL('worker.ts', import.meta.url), [], amqpUrl)),
  )
  const times = new Map<number, number>()
  for (const [child] of pool) {
    child.on('message', ({ done }: { done: number }) => times.set(done, (times.get(done) ?? 0) + 1))
  }
  const startedMs = performance.now()
  const shop = produce(producer, kafkaBroker)
  while (times.size < count / 3) await sleep(1)
  const [[victim], ...others] = pool
  await killChild(victim)
  const after = times.size
  await shop

  const good = all.filter((order) => !isPoison(order))
  const bad = all.filter(isPoison)
  const isDone = async () =>
    times.size === good.length && (await channel.checkQueue(broken)).messageCount === bad.length
  while (!(await isDone())) await sleep(50)
  const seconds = (performance.now() - startedMs) / 1000
  const twice = [...times.values()].filter((n) => n > 1).length
  prove(
    `a Java producer's ${count} orders went to ${workers} RabbitMQ workers in ${seconds.toFixed(1)} s; each of ${good.length} is done`,
    good.every(({ order }) => times.has(order)),
  )
  prove(
    `one worker was killed when ${after} were done; ${twice} that it had told of and not acknowledged came again`,
    twice <= 50,
  )
  const dead = await readDead(channel)
  prove(
    `${bad.length} that nobody can work on are dead letters after three tries each, and no others`,
    dead.sort((a, b) => a - b).join() === bad.map(({ order }) => order).join(),
  )
  await Promise.all(others.map(([child]) => stopChild(child)))
  const { messageCount } = await channel.checkQueue(work)
  prove(`the queue is empty: ${messageCount} messages`, messageCount === 0)

  const sums = await sumByCustomer(kafka)
  const direct = sum(all)
  const wrong = [...direct].filter(([customer, cents]) => sums.get(customer) !== cents)
  prove(
    `analytics read all of them again from offset 0: ${sums.size} customers, ${wrong.length} sums differ`,
    sums.size === direct.size && wrong.length === 0,
  )
  const told = await readHistory(kafka)
  const missing = good.filter(({ order, customer }) => told.get(order) !== customer)
  prove(
    `what the workers told of stands in the topic: ${told.size} orders with their customers, ${missing.length} missing`,
    told.size === good.length && missing.length === 0,
  )

  await deleteAll(channel)
  await connection.close()
  await deleteTopics(admin, [orders, history])
  await admin.disconnect()
})

async function produce([command, ...args]: string[], kafkaBroker: string): Promise<void> {
  const child = spawn(command, [...args, kafkaBroker, orders.topic, String(count)], { stdio: 'inherit' })
  const endWithUs = () => child.kill('SIGKILL')
  process.once('exit', endWithUs)
  const [code] = await once(child, 'exit')
  process.off('exit', endWithUs)
  if (code !== 0) throw new Error(`the producer ended with exit code ${code}`)
}

/** The numbers of the dead orders; each must have been tried three times. */
async function readDead(channel: Channel): Promise<number[]> {
  const dead: number[] = []
  for (let message = await channel.get(broken); message; message = await channel.get(broken)) {
    const [death] = message.properties.headers!['x-death']!
    if (String(death!.reason) !== 'delivery_limit' || death!.queue !== work) throw new Error(`died of ${death!.reason}`)
    dead.push((JSON.parse(message.content.toString()) as Order).order)
    channel.ack(message)
  }
  return dead
}

async function sumByCustomer(kafka: Kafka): Promise<Map<string, number>> {
  const read: Order[] = []
  await readTopic(kafka, orders.topic, ({ value }) => read.push(JSON.parse(value!.toString())))
  return sum(read)
}

function sum(some: readonly Order[]): Map<string, number> {
  const sums = new Map<string, number>()
  for (const { customer, cents } of some) sums.set(customer, (sums.get(customer) ?? 0) + cents)
  return sums
}

/** The customer of each order that is done, as a Kafka consumer finds it in the record's headers. */
async function readHistory(kafka: Kafka): Promise<Map<number, string>> {
  const told = new Map<number, string>()
  await readTopic(kafka, history.topic, ({ key, value, headers }) => {
    if (key?.toString() !== 'order.done') throw new Error(`the key is ${key}`)
    told.set(JSON.parse(value!.toString()).order, String(headers?.customer))
  })
  return told
}
