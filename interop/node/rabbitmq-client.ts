/** rabbitmq-client, the reconnecting library: its Publisher, Consumer and RPCClient, and plain channels beneath them. */
import { once } from 'node:events'
import { type AsyncMessage, Connection, ConsumerStatus, type ReturnedMessage } from 'rabbitmq-client'
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

await proveAll('rabbitmq-client', installedVersion('rabbitmq-client'), {
  declare: () => onConnection(declare),
  confirms: () => onConnection(confirms),
  'mandatory-return': () => onConnection(mandatoryReturn),
  'consume-with-acks': () => onConnection(consumeWithAcks),
  requeue: () => onConnection(requeue),
  rpc: () => onConnection(rpc),
})

async function onConnection(check: (connection: Connection) => Promise<string>): Promise<string> {
  const connection = new Connection({ url, retryLow: 200, connectionTimeout: 5000, acquireTimeout: 5000 })
  const { promise: lost, reject } = Promise.withResolvers<never>()
  connection.on('error', reject)
  try {
    return await Promise.race([check(connection), lost])
  } finally {
    connection.unsafeDestroy()
  }
}

async function declare(connection: Connection): Promise<string> {
  const [exchange, deadEnd, queue] = [freshName('exchange'), freshName('inner'), freshName('queue')]
  await connection.exchangeDeclare({ exchange, type: 'headers', durable: true })
  await connection.exchangeDeclare({ exchange: deadEnd, type: 'fanout', durable: false, autoDelete: true })
  await connection.queueDeclare({ queue, durable: true })
  await connection.queueBind({ queue, exchange: deadEnd })
  const wanted = { 'x-match': 'all', format: 'pdf', pages: 3 }
  await connection.exchangeBind({ destination: deadEnd, source: exchange, arguments: wanted })
  const publisher = connection.createPublisher({ confirm: true })
  for (const headers of [{ format: 'pdf', pages: 3 }, { format: 'pdf', pages: 4 }, { format: 'pdf' }, {}]) {
    await publisher.send({ exchange, headers }, JSON.stringify(headers))
  }
  const { messageCount } = await connection.queueDeclare({ queue, passive: true })
  expectSame('messages routed by two headers', messageCount, 1)
  const taken = await connection.exchangeDeclare({ exchange, type: 'direct', durable: true }).then(
    () => 'ok',
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  )
  if (!taken.includes('PRECONDITION_FAILED') || !taken.includes("inequivalent arg 'type'")) {
    throw new Error(`another type was answered with: ${taken}`)
  }
  await publisher.close()
  await connection.queueDelete({ queue })
  const gone = await connection.exchangeDeclare({ exchange: deadEnd, passive: true }).then(
    () => 'still there',
    (error: { code: string }) => error.code,
  )
  expectSame('the auto-delete exchange after its last binding', gone, 'NOT_FOUND')
  await connection.exchangeDelete({ exchange })
  return 'headers exchange, exchange-to-exchange binding, auto-delete exchange, queue, 406 refusal'
}

async function confirms(connection: Connection): Promise<string> {
  const queue = freshName('confirms')
  const publisher = connection.createPublisher({ confirm: true, queues: [{ queue, durable: true }] })
  const sent: Promise<void>[] = []
  for (let number = 0; number < SERIES; number++) {
    sent.push(publisher.send({ routingKey: queue, durable: true }, numberedBody(number)))
  }
  await Promise.all(sent)
  await publisher.close()
  expectSame('messages in the queue', (await connection.queueDelete({ queue })).messageCount, SERIES)
  return `${sent.length} of ${SERIES} persistent messages confirmed and in the queue`
}

async function mandatoryReturn(connection: Connection): Promise<string> {
  const routingKey = freshName('nowhere')
  const publisher = connection.createPublisher({ confirm: true })
  const returned = new Promise<ReturnedMessage>((resolve) => {
    publisher.on('basic.return', resolve)
  })
  await publisher.send({ exchange: 'amq.topic', routingKey, mandatory: true, messageId: 'm1' }, 'body 1')
  const { replyCode, replyText, exchange, messageId, body, routingKey: key } = await returned
  expectSame(
    'return',
    [replyCode, replyText, exchange, key, messageId, body],
    [312, 'NO_ROUTE', 'amq.topic', routingKey, 'm1', 'body 1'],
  )
  await publisher.close()
  return '312 NO_ROUTE with the whole message'
}

async function consumeWithAcks(connection: Connection): Promise<string> {
  const queue = freshName('consume')
  const publisher = connection.createPublisher({ confirm: true, queues: [{ queue, durable: true }] })
  const sent: Promise<void>[] = []
  for (let number = 0; number < SERIES; number++) {
    sent.push(publisher.send({ routingKey: queue, headers: { number } }, numberedBody(number)))
  }
  await Promise.all(sent)
  const seen: number[] = []
  const all = Promise.withResolvers<void>()
  const props = { queue, queueOptions: { durable: true }, qos: { prefetchCount: 20 } }
  const consumer = connection.createConsumer(props, (message: AsyncMessage) => {
    const number = numberOf(message.body)
    if (message.headers?.number !== number) all.reject(new Error(`message ${number} has another's header`))
    seen.push(number)
    if (seen.length === SERIES) all.resolve()
  })
  consumer.on('error', all.reject)
  await all.promise
  await consumer.close()
  expectSame('order', seen, [...Array(SERIES).keys()])
  expectSame('messages left after the acks', (await connection.queueDelete({ queue })).messageCount, 0)
  return `${seen.length} of ${SERIES} in order, one ack each, bodies up to 300 kB`
}

async function requeue(connection: Connection): Promise<string> {
  const queue = freshName('requeue')
  await connection.queueDeclare({ queue, durable: true })
  const publisher = connection.createPublisher({ confirm: true })
  for (let number = 0; number < 6; number++) await publisher.send(queue, String(number))
  const seen: string[] = []
  const all = Promise.withResolvers<void>()
  const props = { queue, queueOptions: { durable: true }, concurrency: 1, qos: { prefetchCount: 1 } }
  const consumer = connection.createConsumer(props, (message: AsyncMessage) => {
    seen.push(`${message.body}${message.redelivered ? ' again' : ''}`)
    if (seen.length === 8) all.resolve()
    if (seen.at(-1) === '2' || seen.at(-1) === '4') return ConsumerStatus.REQUEUE
    return seen.at(-1) === '5' ? ConsumerStatus.DROP : ConsumerStatus.ACK
  })
  consumer.on('error', all.reject)
  await all.promise
  await consumer.close()
  expectSame('deliveries', seen, ['0', '1', '2', '2 again', '3', '4', '4 again', '5'])
  expectSame('messages left', (await connection.queueDelete({ queue })).messageCount, 0)
  return 'ConsumerStatus.REQUEUE gives it back in place with redelivered=true'
}

/** Its RPCClient gives every call an `expiration`, so that a call whose time is over never reaches the server. */
async function rpc(connection: Connection): Promise<string> {
  const queue = freshName('rpc')
  const props = { queue, queueOptions: { exclusive: true } }
  const server = connection.createConsumer(props, async (message: AsyncMessage, reply) => {
    if (!message.replyTo?.startsWith('amq.rabbitmq.reply-to.')) throw new Error(`asked to reply to ${message.replyTo}`)
    if (message.expiration === undefined) throw new Error('a call without expiration')
    await reply(Number(message.body) ** 2)
  })
  const failure = Promise.withResolvers<never>()
  server.on('error', failure.reject)
  await Promise.race([once(server, 'ready'), failure.promise])
  const caller = connection.createRPCClient({ confirm: true, timeout: 10_000 })
  const calls = 100
  const asked = Array.from({ length: calls }, (_, number) => caller.send(queue, String(number)))
  const answers = await Promise.race([Promise.all(asked), failure.promise])
  for (const [number, answer] of answers.entries()) expectSame(`answer to call ${number}`, answer.body, number ** 2)
  await caller.close()
  await server.close()
  return `${calls} of ${calls} answers to its RPCClient, each call with an expiration`
}
