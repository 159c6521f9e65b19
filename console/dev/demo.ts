/**
 * Something to look at: fills a broker with a shop's exchanges, queues, topics and groups, and keeps messages flowing
 * until it is stopped. A backlog grows, a group lags, dead letters gather, a queue has no consumer.
 *
 *   node console/dev/demo.ts [amqp port] [kafka port]
 */
import amqp from 'amqplib'
import { Kafka, logLevel } from 'kafkajs'

const [amqpPort = '5672', kafkaPort = '9092'] = process.argv.slice(2)
const connect = (name: string) =>
  amqp.connect(`amqp://guest:guest@127.0.0.1:${amqpPort}`, { clientProperties: { connection_name: name } })

const pick = <T>(all: readonly T[]): T => all[Math.floor(Math.random() * all.length)]
const COUNTRIES = ['de', 'fr', 'it', 'pl', 'es', 'nl']
const every = (ms: number, act: () => unknown): NodeJS.Timeout => setInterval(act, ms)

const order = () => ({
  id: `A-${Math.floor(Math.random() * 1e6)}`,
  country: pick(COUNTRIES),
  total: Math.round(Math.random() * 20_000) / 100,
  items: Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () => ({
    sku: pick(['lamp', 'rail', 'lever', 'bell']),
    count: 1,
  })),
  placed: new Date().toISOString(),
})

async function declareShop(): Promise<void> {
  const connection = await connect('shop setup')
  const channel = await connection.createChannel()
  await channel.assertExchange('shop', 'topic', { alternateExchange: 'unrouted' })
  await channel.assertExchange('unrouted', 'fanout')
  await channel.assertExchange('failed', 'direct')
  await channel.assertExchange('notify', 'fanout')
  await channel.assertExchange('by-region', 'headers')
  await channel.assertQueue('billing', { deadLetterExchange: 'failed', deadLetterRoutingKey: 'billing' })
  await channel.assertQueue('shipping', {
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 3 },
    deadLetterExchange: 'failed',
  })
  await channel.assertQueue('invoices.pdf', { maxPriority: 5 })
  await channel.assertQueue('billing.failed')
  await channel.assertQueue('unrouted', { messageTtl: 600_000 })
  await channel.assertQueue('mail', { maxLength: 50_000, arguments: { 'x-overflow': 'reject-publish' } })
  await channel.assertQueue('push')
  await channel.assertQueue('analytics', { arguments: { 'x-queue-type': 'stream', 'x-max-age': '7D' } })
  await channel.assertQueue('europe.south')
  await channel.bindQueue('billing', 'shop', 'order.placed.*')
  await channel.bindQueue('shipping', 'shop', 'order.paid.#')
  await channel.bindQueue('invoices.pdf', 'shop', 'order.paid.*')
  await channel.bindQueue('analytics', 'shop', '#')
  await channel.bindQueue('billing.failed', 'failed', 'billing')
  await channel.bindQueue('unrouted', 'unrouted', '')
  await channel.bindExchange('notify', 'shop', 'order.shipped.*')
  await channel.bindExchange('by-region', 'shop', 'order.#')
  await channel.bindQueue('mail', 'notify', '')
  await channel.bindQueue('push', 'notify', '')
  await channel.assertExchange('nightly-report', 'x-schedule', {
    arguments: {
      'x-cron': '30 3 * * MON-FRI',
      'x-timezone': 'Europe/Berlin',
      'x-payload': JSON.stringify({ task: 'report', for: ['sales', 'stock'] }),
      'x-properties': { content_type: 'application/json', headers: { tenant: 'acme' } },
    },
  })
  await channel.bindQueue('invoices.pdf', 'nightly-report', '')
  await channel.bindQueue('europe.south', 'by-region', '', { 'x-match': 'any', country: 'it' })
  await connection.close()
}

async function publishOrders(): Promise<void> {
  const channel = await (await connect('web shop')).createConfirmChannel()
  every(50, () => {
    for (let i = 0; i < 6; i++) {
      const body = order()
      const step = pick(['placed', 'placed', 'paid', 'paid', 'shipped', i === 0 ? 'lost' : 'paid'])
      const key = step === 'lost' ? 'refund.asked' : `order.${step}.${body.country}`
      channel.publish('shop', key, Buffer.from(JSON.stringify(body)), {
        persistent: true,
        contentType: 'application/json',
        messageId: body.id,
        headers: { country: body.country, attempt: 1 },
      })
    }
  })
}

/** Takes what comes; returns some once, refuses some for good. */
async function consume(name: string, queue: string, perSecond: number, failing = 0): Promise<void> {
  const channel = await (await connect(name)).createChannel()
  await channel.prefetch(40)
  const held: amqp.ConsumeMessage[] = []
  await channel.consume(queue, (message) => message !== null && held.push(message))
  every(100, () => {
    for (const message of held.splice(0, Math.ceil(perSecond / 10))) {
      if (Math.random() < failing) channel.reject(message, Math.random() < 0.3)
      else channel.ack(message)
    }
  })
}

async function fillTopics(): Promise<void> {
  const kafka = new Kafka({ clientId: 'tracker', brokers: [`127.0.0.1:${kafkaPort}`], logLevel: logLevel.ERROR })
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({
    topics: [
      { topic: 'clicks', numPartitions: 4 },
      { topic: 'stock', numPartitions: 2, configEntries: [{ name: 'cleanup.policy', value: 'compact' }] },
    ],
  })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  every(200, () => {
    const messages = Array.from({ length: 30 }, () => {
      const user = `user-${Math.floor(Math.random() * 500)}`
      return {
        key: user,
        value: JSON.stringify({ user, page: pick(['/', '/lamps', '/cart']), at: Date.now() }),
        headers: { agent: 'web' },
      }
    })
    void producer.send({ topic: 'clicks', messages }).catch(() => {})
    const sku = pick(['lamp', 'rail', 'lever', 'bell'])
    void producer
      .send({ topic: 'stock', messages: [{ key: sku, value: String(Math.floor(Math.random() * 99)) }] })
      .catch(() => {})
  })
  await follow(kafka, 'recommendations', 'clicks', 0)
  await follow(kafka, 'warehouse', 'stock', 0)
  await follow(kafka, 'nightly-report', 'clicks', 400)
}

/** @param pauseMs between two messages, so that the group falls behind */
async function follow(kafka: Kafka, groupId: string, topic: string, pauseMs: number): Promise<void> {
  const consumer = kafka.consumer({ groupId })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    eachMessage: async () => {
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
    },
  })
}

await declareShop()
await publishOrders()
await consume('billing 1', 'billing', 30, 0.05)
await consume('billing 2', 'billing', 30, 0.05)
await consume('shipping', 'shipping', 100, 0.02)
await consume('mailer', 'mail', 60)
await consume('push', 'push', 60)
await consume('pdf maker', 'invoices.pdf', 25)
await fillTopics()
console.log('flowing; stop with Ctrl-C')
