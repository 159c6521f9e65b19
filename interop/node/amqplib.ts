/** amqplib, the callback-per-message library of most Node programs: every capability on channels of its promise API. */
import { type ChannelModel, type ConfirmChannel, type ConsumeMessage, connect } from 'amqplib'
import {
  brokerUrl,
  expectSame,
  freshName,
  installedVersion,
  numberedBody,
  numberOf,
  proveAll,
  SERIES,
} from './proof.ts'

const url = brokerUrl()

await proveAll('amqplib', installedVersion('amqplib'), {
  declare: () => onConnection(declare),
  confirms: () => onConnection(confirms),
  'mandatory-return': () => onConnection(mandatoryReturn),
  'consume-with-acks': () => onConnection(consumeWithAcks),
  requeue: () => onConnection(requeue),
  rpc: () => onConnection(rpc),
  'delivery-limit': () => onConnection(deliveryLimit),
  streams: () => onConnection(streams),
})

async function onConnection(check: (connection: ChannelModel) => Promise<string>): Promise<string> {
  const connection = await connect(url)
  try {
    return await check(connection)
  } finally {
    await connection.close().catch(() => undefined)
  }
}

async function declare(connection: ChannelModel): Promise<string> {
  const channel = await connection.createConfirmChannel()
  const [exchange, queue] = [freshName('exchange'), freshName('queue')]
  await channel.assertExchange(exchange, 'topic', { durable: true })
  expectSame('declare-ok', await channel.assertQueue(queue, { durable: true }), {
    queue,
    messageCount: 0,
    consumerCount: 0,
  })
  await channel.bindQueue(queue, exchange, 'news.*')
  for (const key of ['news.sport', 'news', 'news.sport.chess', 'weather.sport']) {
    channel.publish(exchange, key, Buffer.from(key))
  }
  await channel.waitForConfirms()
  expectSame('messages routed by news.*', (await channel.checkQueue(queue)).messageCount, 1)
  await channel.unbindQueue(queue, exchange, 'news.*')
  channel.publish(exchange, 'news.sport', Buffer.from('late'))
  await channel.waitForConfirms()
  expectSame('messages after unbind', (await channel.purgeQueue(queue)).messageCount, 1)

  const named = await channel.assertQueue('', { exclusive: true })
  if (!named.queue.startsWith('amq.gen-')) throw new Error(`server-named queue is called ${named.queue}`)
  const clash = await refusal(connection, (other) => other.assertQueue(queue, { durable: false }))
  if (!clash.includes('406 (PRECONDITION-FAILED)') || !clash.includes("inequivalent arg 'durable'"))
    throw new Error(`another durable was answered with: ${clash}`)
  const missing = await refusal(connection, (other) => other.checkQueue(freshName('missing')))
  if (!missing.includes('404 (NOT-FOUND)')) throw new Error(`a missing queue was answered with: ${missing}`)
  await channel.deleteQueue(queue)
  await channel.deleteExchange(exchange)
  return 'topic exchange, queue, binding, unbind, server-named queue, 406 and 404 refusals'
}

async function refusal(connection: ChannelModel, ask: (channel: ConfirmChannel) => Promise<unknown>): Promise<string> {
  const channel = await connection.createConfirmChannel()
  channel.on('error', () => undefined)
  return ask(channel).then(
    () => 'ok',
    (error: Error) => error.message,
  )
}

async function confirms(connection: ChannelModel): Promise<string> {
  const channel = await connection.createConfirmChannel()
  const queue = freshName('confirms')
  await channel.assertQueue(queue, { durable: true })
  const confirmed: number[] = []
  await new Promise<void>((resolve, reject) => {
    for (let number = 0; number < SERIES; number++) {
      channel.sendToQueue(queue, numberedBody(number), { persistent: true }, (error) => {
        if (error) reject(new Error(`message ${number} was not confirmed: ${error}`))
        confirmed.push(number)
        if (confirmed.length === SERIES) resolve()
      })
    }
  })
  expectSame('messages in the queue', (await channel.deleteQueue(queue)).messageCount, SERIES)
  return `${confirmed.length} of ${SERIES} persistent messages confirmed and in the queue`
}

async function mandatoryReturn(connection: ChannelModel): Promise<string> {
  const channel = await connection.createConfirmChannel()
  const order: string[] = []
  const key = freshName('nowhere')
  channel.on('return', ({ fields, properties, content }) => {
    const { replyCode, replyText, routingKey } = fields as unknown as Record<string, unknown>
    order.push(`returned ${replyCode} ${replyText} ${routingKey} ${properties.messageId} ${content}`)
  })
  for (const number of [1, 2]) {
    channel.publish(
      'amq.direct',
      key,
      Buffer.from(`body ${number}`),
      { mandatory: true, messageId: `m${number}` },
      () => order.push(`confirmed ${number}`),
    )
    await channel.waitForConfirms()
  }
  expectSame('returns and confirms', order, [
    `returned 312 NO_ROUTE ${key} m1 body 1`,
    'confirmed 1',
    `returned 312 NO_ROUTE ${key} m2 body 2`,
    'confirmed 2',
  ])
  return '312 NO_ROUTE with the whole message, before its confirm'
}

async function consumeWithAcks(connection: ChannelModel): Promise<string> {
  const channel = await connection.createConfirmChannel()
  const queue = freshName('consume')
  await channel.assertQueue(queue, { durable: true })
  for (let number = 0; number < SERIES; number++) {
    channel.sendToQueue(queue, numberedBody(number), { headers: { number }, persistent: number % 2 === 0 })
  }
  await channel.prefetch(20)
  const seen: number[] = []
  await new Promise<void>((resolve, reject) => {
    const receive = (message: ConsumeMessage | null) => {
      if (message === null) return reject(new Error('the consumer was cancelled'))
      const number = numberOf(message.content)
      if (message.properties.headers?.number !== number) reject(new Error(`message ${number} has another's header`))
      seen.push(number)
      if (number % 10 === 9) channel.ack(message, true)
      if (seen.length === SERIES) resolve()
    }
    channel.consume(queue, receive).catch(reject)
  })
  expectSame('order', seen, [...Array(SERIES).keys()])
  await channel.close()
  const left = await (await connection.createChannel()).deleteQueue(queue)
  expectSame('messages left after the acks', left.messageCount, 0)
  return `${seen.length} of ${SERIES} in order, acks for ten at a time, bodies up to 300 kB`
}

async function requeue(connection: ChannelModel): Promise<string> {
  const channel = await connection.createConfirmChannel()
  const queue = freshName('requeue')
  await channel.assertQueue(queue, { durable: true })
  for (let number = 0; number < 6; number++) channel.sendToQueue(queue, Buffer.from(String(number)))
  await channel.waitForConfirms()
  await channel.prefetch(1)
  const seen: string[] = []
  await new Promise<void>((resolve, reject) => {
    const receive = (message: ConsumeMessage | null) => {
      if (message === null) return reject(new Error('the consumer was cancelled'))
      seen.push(`${message.content}${message.fields.redelivered ? ' again' : ''}`)
      if (seen.at(-1) === '2') channel.nack(message, false, true)
      else if (seen.at(-1) === '4') channel.reject(message, true)
      else if (seen.at(-1) !== '5') channel.ack(message)
      if (seen.length === 8) resolve()
    }
    channel.consume(queue, receive).catch(reject)
  })
  expectSame('deliveries', seen, ['0', '1', '2', '2 again', '3', '4', '4 again', '5'])
  await channel.close()
  const other = await connection.createChannel()
  const returned = await other.get(queue)
  if (returned === false) throw new Error('the message unacknowledged at channel.close did not come back')
  expectSame('after channel.close', [String(returned.content), returned.fields.redelivered], ['5', true])
  await other.recover()
  const recovered = await other.get(queue)
  if (recovered === false) throw new Error('the message unacknowledged at basic.recover did not come back')
  expectSame('after recover', [String(recovered.content), recovered.fields.redelivered], ['5', true])
  other.nack(recovered, false, false)
  expectSame('messages left after a nack without requeue', (await other.deleteQueue(queue)).messageCount, 0)
  return 'nack, reject, channel.close and recover give it back in place with redelivered=true'
}

async function deliveryLimit(connection: ChannelModel): Promise<string> {
  const channel = await connection.createConfirmChannel()
  const [dead, work] = [freshName('dead'), freshName('work')]
  await channel.assertQueue(dead, { durable: true })
  await channel.assertQueue(work, {
    durable: true,
    deadLetterExchange: '',
    deadLetterRoutingKey: dead,
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 2 },
  })
  channel.sendToQueue(work, Buffer.from('poison'), { persistent: true })
  await channel.waitForConfirms()
  const counts: unknown[] = []
  const death = await new Promise<ConsumeMessage>((resolve, reject) => {
    const fail = (message: ConsumeMessage | null) => {
      if (message === null) return reject(new Error('the consumer was cancelled'))
      counts.push(message.properties.headers?.['x-delivery-count'] ?? 0)
      channel.nack(message, false, true)
    }
    channel.consume(work, fail).catch(reject)
    channel.consume(dead, (message) => message !== null && resolve(message), { noAck: true }).catch(reject)
  })
  expectSame('x-delivery-count', counts, [0, 1, 2])
  const [newest] = (death.properties.headers?.['x-death'] ?? []) as unknown as { [name: string]: unknown }[]
  const { reason, queue, count } = newest ?? {}
  expectSame('x-death', { reason, queue, count }, { reason: 'delivery_limit', queue: work, count: 1 })
  await channel.deleteQueue(dead)
  expectSame('messages left', (await channel.deleteQueue(work)).messageCount, 0)
  return 'a message that comes back three times is dead-lettered, each delivery says how often'
}

async function rpc(connection: ChannelModel): Promise<string> {
  const server = await connection.createChannel()
  const { queue } = await server.assertQueue('', { exclusive: true })
  await server.consume(queue, (message) => {
    if (message === null) return
    const { replyTo, correlationId } = message.properties
    const answer = replyTo.startsWith('amq.rabbitmq.reply-to.') ? String(Number(message.content) ** 2) : `to ${replyTo}`
    server.publish('', replyTo, Buffer.from(answer), { correlationId })
    server.ack(message)
  })
  return onConnection((other) => callAll(other, queue))
}

async function callAll(connection: ChannelModel, queue: string): Promise<string> {
  const caller = await connection.createChannel()
  const answers = new Map<string, string>()
  const calls = 100
  await new Promise<void>((resolve, reject) => {
    const receive = (message: ConsumeMessage | null) => {
      if (message === null) return reject(new Error('the reply consumer was cancelled'))
      answers.set(message.properties.correlationId, String(message.content))
      if (answers.size === calls) resolve()
    }
    const ask = async () => {
      await caller.consume('amq.rabbitmq.reply-to', receive, { noAck: true })
      for (let number = 0; number < calls; number++) {
        const properties = { replyTo: 'amq.rabbitmq.reply-to', correlationId: `call ${number}` }
        caller.sendToQueue(queue, Buffer.from(String(number)), properties)
      }
    }
    ask().catch(reject)
  })
  for (let number = 0; number < calls; number++) {
    expectSame(`answer to call ${number}`, answers.get(`call ${number}`), String(number ** 2))
  }
  return `${answers.size} of ${calls} answers over direct reply-to`
}

async function streams(connection: ChannelModel): Promise<string> {
  const channel = await connection.createConfirmChannel()
  const stream = freshName('stream')
  await channel.assertQueue(stream, { durable: true, arguments: { 'x-queue-type': 'stream', 'x-max-age': '1h' } })
  for (let number = 0; number < SERIES; number++) channel.sendToQueue(stream, numberedBody(number))
  await channel.waitForConfirms()
  expectSame('offsets from the first', await offsetsFrom(connection, stream, 'first', 0), [0, SERIES])
  expectSame('offsets from a number', await offsetsFrom(connection, stream, 123, 123), [123, SERIES])
  expectSame('offsets from an interval', await offsetsFrom(connection, stream, '1h', 0), [0, SERIES])
  await channel.deleteQueue(stream)
  return `${SERIES} read three times over, from the first, from 123 and from an hour ago`
}

/** Reads to the end of the series, acknowledging each. @returns the first offset and the one behind the last */
async function offsetsFrom(
  connection: ChannelModel,
  stream: string,
  offset: string | number,
  first: number,
): Promise<number[]> {
  const channel = await connection.createChannel()
  await channel.prefetch(50)
  const offsets: number[] = []
  await new Promise<void>((resolve, reject) => {
    const receive = (message: ConsumeMessage | null) => {
      if (message === null) return reject(new Error('the consumer was cancelled'))
      const at = message.properties.headers?.['x-stream-offset'] as number
      if (at !== first + offsets.length || numberOf(message.content) !== at) {
        return reject(new Error(`offset ${at} holds ${numberOf(message.content)} after ${offsets.length} messages`))
      }
      offsets.push(at)
      channel.ack(message)
      if (at === SERIES - 1) resolve()
    }
    channel.consume(stream, receive, { arguments: { 'x-stream-offset': offset } }).catch(reject)
  })
  await channel.close()
  return [offsets[0]!, offsets.at(-1)! + 1]
}
