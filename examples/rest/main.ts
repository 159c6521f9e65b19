/**
 * A shop whose programs have no client library, only HTTP: orders are published in a batch and worked on by three
 * workers, one of which is killed amid its work; prices are asked of a service that speaks AMQP; and a reader of a topic
 * is cut off and goes on where it was.
 */
import { connect } from 'amqplib'
import { example } from '../example.ts'
import { Http } from './http.ts'

const orders = 100
const queue = 'examples.rest.orders'
const prices = 'examples.rest.prices'
const topic = 'examples.rest.visits'

interface Message {
  lease: string
  payload: number
  redelivered: boolean
}

await example('rest', async ({ amqpUrl, httpUrl }, prove) => {
  const http = new Http(httpUrl)
  const amqp = await connect(amqpUrl)
  const channel = await amqp.createChannel()
  for (const name of [queue, prices]) {
    await channel.deleteQueue(name)
    await channel.assertQueue(name)
  }

  const messages = Array.from({ length: orders }, (_, order) => ({ routing_key: queue, payload: order }))
  const { results } = await http.post('/exchanges/amq.default/messages', { messages })
  prove(
    'one call publishes a hundred messages, and each is confirmed',
    results.every((one: { routed: boolean }) => one.routed),
  )

  const done = new Map<number, number>()
  const taken: Message[] = (await http.post(`/queues/${queue}/receive`, { max: 10, lease_ms: 500 })).messages
  // This worker dies here: it never acknowledges what it took.
  const again = new Set<number>()
  await Promise.all([1, 2].map(work))
  prove(
    'what a dead worker had taken is worked on by others',
    taken.every(({ payload }) => again.has(payload)),
  )
  prove('every order is worked on, once', done.size === orders && [...done.values()].every((times) => times === 1))

  async function work(): Promise<void> {
    while (done.size < orders) {
      const { messages } = await http.post(`/queues/${queue}/receive`, { max: 5, wait_ms: 1000 })
      for (const { payload, redelivered } of messages as Message[]) {
        done.set(payload, (done.get(payload) ?? 0) + 1)
        if (redelivered) again.add(payload)
      }
      const leases = (messages as Message[]).map(({ lease }) => lease)
      if (leases.length > 0) await http.post(`/queues/${queue}/ack`, { leases })
    }
  }

  await channel.consume(prices, (request) => {
    if (request === null) return // the queue is deleted: all is done
    const { replyTo, correlationId } = request.properties
    channel.sendToQueue(replyTo, Buffer.from(`${request.content}: 12.50`), { correlationId })
    channel.ack(request)
  })
  const asked = await Promise.all(['apple', 'bread'].map((payload) => http.post(`/queues/${prices}/call`, { payload })))
  prove(
    'an AMQP service answers each HTTP call with its own reply',
    asked.map(({ payload }) => payload).join() === 'apple: 12.50,bread: 12.50',
  )
  const silent = await http.ask('POST', `/queues/${queue}/call`, { payload: 'hello?', timeout_ms: 100 })
  prove('a call that nobody answers ends with 504 at its deadline', silent.status === 504)

  await http.admin('PUT', `/topics/%2F/${topic}`, { partitions: 2 })
  const visit = (from: number, to: number) =>
    http.post(`/topics/${topic}/records`, {
      records: Array.from({ length: to - from }, (_, at) => ({
        key: `visitor ${from + at}`,
        value: { visit: from + at },
      })),
    })
  await visit(0, 50)
  const seen: number[] = []
  let place = await http.follow(`/topics/${topic}/follow?from=earliest`, '', 30, (record) =>
    seen.push(record.value.visit),
  )
  await visit(50, 100)
  place = await http.follow(`/topics/${topic}/follow`, place, 70, (record) => seen.push(record.value.visit))
  const all = new Set(seen)
  prove('a reader that was cut off misses nothing and gets nothing twice', seen.length === 100 && all.size === 100)

  await http.admin('DELETE', `/topics/%2F/${topic}`)
  for (const name of [queue, prices]) await channel.deleteQueue(name)
  await amqp.close()
})
