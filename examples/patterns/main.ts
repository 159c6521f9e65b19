/**
 * The four ways to address a message: to one consumer, to a group, to everyone, to any one of a group. Each pattern
 * is a choice of exchange and queues, nothing else; each counts who got what.
 */
import { type ConfirmChannel, connect } from 'amqplib'
import { example, type Prove } from '../example.ts'

const last = 'last one'

await example('patterns', async ({ amqpUrl }, prove) => {
  const connection = await connect(amqpUrl)
  const channel = await connection.createConfirmChannel()
  await unicast(channel, prove)
  await multicast(channel, prove)
  await broadcast(channel, prove)
  await anycast(channel, prove)
  await connection.close()
})

/** One consumer, addressed by the name of its own queue. */
async function unicast(channel: ConfirmChannel, prove: Prove): Promise<void> {
  const [ann, bob] = [await listen(channel), await listen(channel)]
  for (let i = 0; i < 30; i++) channel.sendToQueue(ann.queue, Buffer.from(`to Ann, ${i}`))
  for (let i = 0; i < 20; i++) channel.sendToQueue(bob.queue, Buffer.from(`to Bob, ${i}`))

  const [annGot, bobGot] = [await ann.everything(), await bob.everything()]
  prove(`unicast: Ann got her ${annGot.length} of 30, nothing else`, isAll(annGot, 'to Ann', 30))
  prove(`unicast: Bob got his ${bobGot.length} of 20, nothing else`, isAll(bobGot, 'to Bob', 20))
}

/** Every member of a group: each has its own queue, bound to a direct exchange by the name of the group. */
async function multicast(channel: ConfirmChannel, prove: Prove): Promise<void> {
  const { exchange } = await channel.assertExchange('examples.multicast', 'direct', { durable: false })
  const members = { paris: 'europe', rome: 'europe', lima: 'america' }
  const listeners = []
  for (const [member, group] of Object.entries(members)) {
    const listener = await listen(channel)
    await channel.bindQueue(listener.queue, exchange, group)
    listeners.push({ member, ...listener })
  }
  for (let i = 0; i < 10; i++) channel.publish(exchange, 'europe', Buffer.from(`to europe, ${i}`))
  for (let i = 0; i < 15; i++) channel.publish(exchange, 'america', Buffer.from(`to america, ${i}`))

  const [paris, rome, lima] = await Promise.all(listeners.map((listener) => listener.everything()))
  prove(`multicast: Paris got ${paris.length} of the 10 to Europe`, isAll(paris, 'to europe', 10))
  prove(`multicast: Rome got ${rome.length} of the same 10`, isAll(rome, 'to europe', 10))
  prove(`multicast: Lima got ${lima.length} of the 15 to America, none to Europe`, isAll(lima, 'to america', 15))
  await channel.deleteExchange(exchange)
}

/** Everyone: a fanout exchange does not look at the routing key. */
async function broadcast(channel: ConfirmChannel, prove: Prove): Promise<void> {
  const { exchange } = await channel.assertExchange('examples.broadcast', 'fanout', { durable: false })
  const listeners = [await listen(channel), await listen(channel), await listen(channel), await listen(channel)]
  for (const { queue } of listeners) await channel.bindQueue(queue, exchange, '')
  for (let i = 0; i < 25; i++) channel.publish(exchange, 'whatever', Buffer.from(`to all, ${i}`))

  const got = await Promise.all(listeners.map((listener) => listener.everything()))
  const counts = got.map((messages) => messages.length).join(', ')
  prove(
    `broadcast: 25 published, the four got ${counts}`,
    got.every((messages) => isAll(messages, 'to all', 25)),
  )
  await channel.deleteExchange(exchange)
}

/** Any one of a group: its members share one queue, and whoever has a hand free takes the next message. */
async function anycast(channel: ConfirmChannel, prove: Prove): Promise<void> {
  const { queue } = await channel.assertQueue('', { exclusive: true })
  const got = { ann: [] as string[], bob: [] as string[], cem: [] as string[] }
  const all: string[] = []
  await channel.prefetch(1)
  const allTaken = new Promise<void>((resolve) => {
    for (const messages of Object.values(got)) {
      channel.consume(queue, (message) => {
        messages.push(message!.content.toString())
        all.push(message!.content.toString())
        channel.ack(message!)
        if (all.length === 30) resolve()
      })
    }
  })
  for (let i = 0; i < 30; i++) channel.sendToQueue(queue, Buffer.from(`to one of you, ${i}`))
  await allTaken

  const { messageCount } = await channel.checkQueue(queue)
  const counts = `Ann ${got.ann.length}, Bob ${got.bob.length}, Cem ${got.cem.length}`
  prove(
    `anycast: 30 published, taken by ${counts}`,
    Object.values(got).every((messages) => messages.length > 0),
  )
  prove('anycast: each was taken by exactly one of them', messageCount === 0 && new Set(all).size === 30)
}

/** A consumer with a queue of its own. */
async function listen(channel: ConfirmChannel) {
  const { queue } = await channel.assertQueue('', { exclusive: true })
  const got: string[] = []
  const { promise: lastArrived, resolve } = Promise.withResolvers<void>()
  await channel.consume(
    queue,
    (message) => {
      const text = message!.content.toString()
      if (text === last) resolve()
      else got.push(text)
    },
    { noAck: true },
  )

  /** All it got. A queue keeps the order: once a last message is here, nothing sent before can still be under way. */
  async function everything(): Promise<string[]> {
    channel.sendToQueue(queue, Buffer.from(last))
    await lastArrived
    return got
  }
  return { queue, everything }
}

/** Whether these are exactly the messages `0 … count - 1` of that text, in order. */
function isAll(messages: string[], text: string, count: number): boolean {
  return messages.length === count && messages.every((message, i) => message === `${text}, ${i}`)
}
