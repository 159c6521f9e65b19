// Whole conversations, mutated, against a broker in this process: whatever a client sends, the broker answers by the
// protocol or ends that connection, never with 541, and goes on serving others.
// usage: node broker/test/fuzz/amqp-session.ts [seconds = 10] [seed]

import { once } from 'node:events'
import { connect } from 'node:net'
import { startBroker } from '../../src/index.ts'
import { PROTOCOL_HEADER } from '../../src/wire/amqp/constants.ts'
import { encodeContent } from '../../src/wire/amqp/content.ts'
import { encodeMethod } from '../../src/wire/amqp/methods.ts'
import { Client } from '../transcripts/client.ts'
import { startOk } from '../transcripts/run.ts'
import { generator } from './random.ts'

const seconds = Number(process.argv[2] ?? 10)
const seed = Number(process.argv[3] ?? Date.now() % 0x7fffffff)
const random = generator(seed)

const broker = await startBroker({
  memory: true,
  logLevel: 'error',
  onFatal: (error) => {
    console.error(`seed ${seed}: the broker gave up`)
    throw error
  },
})
const { hostname, port } = new URL(broker.amqpUrl!)

const q = { queue: 'fuzz' }
const content = (size: number) =>
  encodeContent(
    1,
    { headers: { a: [1, { b: 'c' }] }, deliveryMode: 2, replyTo: 'r', userId: 'guest' },
    new Uint8Array(size),
    4096,
  )
const openFirst = encodeMethod(1, 'channel.open', {})
const openSecond = encodeMethod(2, 'channel.open', {})
const declare = encodeMethod(1, 'queue.declare', { ...q, durable: true, arguments: { 'x-mine': [1, true, 'text'] } })
const consume = encodeMethod(1, 'basic.consume', { ...q, consumerTag: 'c' })
const frames: Uint8Array[] = [
  openFirst,
  declare,
  consume,
  encodeMethod(1, 'exchange.declare', { exchange: 'fuzz', type: 'headers' }),
  encodeMethod(1, 'queue.bind', { ...q, exchange: 'fuzz', routingKey: 'k', arguments: { 'x-match': 'any', a: 1 } }),
  encodeMethod(1, 'queue.unbind', { ...q, exchange: 'fuzz', routingKey: 'k', arguments: {} }),
  encodeMethod(1, 'exchange.bind', { source: 'fuzz', destination: 'amq.topic', routingKey: '#' }),
  encodeMethod(1, 'basic.qos', { prefetchSize: 0, prefetchCount: 3, global: true }),
  encodeMethod(2, 'basic.consume', { ...q, consumerTag: '', noAck: true }),
  encodeMethod(1, 'basic.consume', { queue: 'amq.rabbitmq.reply-to', consumerTag: 'r', noAck: true }),
  encodeMethod(1, 'basic.get', q),
  encodeMethod(1, 'basic.ack', { deliveryTag: 1, multiple: true }),
  encodeMethod(1, 'basic.nack', { deliveryTag: 0, multiple: true, requeue: true }),
  encodeMethod(1, 'basic.reject', { deliveryTag: 2, requeue: true }),
  encodeMethod(1, 'basic.recover', { requeue: true }),
  encodeMethod(1, 'basic.cancel', { consumerTag: 'c' }),
  encodeMethod(2, 'confirm.select', {}),
  encodeMethod(1, 'tx.select', {}),
  encodeMethod(1, 'tx.commit', {}),
  encodeMethod(1, 'tx.rollback', {}),
  encodeMethod(1, 'queue.purge', q),
  encodeMethod(1, 'queue.delete', q),
  encodeMethod(1, 'channel.flow', { active: true }),
  encodeMethod(1, 'channel.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 }),
  encodeMethod(1, 'channel.close-ok', {}),
  encodeMethod(0, 'connection.update-secret', { newSecret: 'guest', reason: '' }),
  encodeMethod(0, 'connection.tune-ok', { channelMax: 1, frameMax: 4096, heartbeat: 0 }),
  Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0xce),
]
const publish = encodeMethod(1, 'basic.publish', { exchange: '', routingKey: 'fuzz' })
const mandatory = encodeMethod(1, 'basic.publish', { exchange: 'fuzz', routingKey: 'k', mandatory: true })

function conversation(): Uint8Array {
  const parts = random(8) === 0 ? [] : [openFirst, openSecond]
  if (random(4) !== 0) parts.push(declare)
  if (random(2) === 0) parts.push(consume)
  for (let left = 1 + random(12); left > 0; left--) {
    if (random(3) === 0) parts.push(random(2) === 0 ? publish : mandatory, content(random(3) * 5000))
    else parts.push(frames[random(frames.length)])
  }
  const octets = new Uint8Array(Buffer.concat(parts))
  for (let hits = random(2) * random(4); hits > 0; hits--) octets[random(octets.length)] = random(256)
  return random(4) === 0 ? octets.subarray(0, random(octets.length + 1)) : octets
}

/** Header, login and an opened vhost in one breath. */
const login = Buffer.concat([
  PROTOCOL_HEADER,
  encodeMethod(0, 'connection.start-ok', startOk()),
  encodeMethod(0, 'connection.tune-ok', { channelMax: 2047, frameMax: 131072, heartbeat: 0 }),
  encodeMethod(0, 'connection.open', { virtualHost: '/' }),
])
/** The beginning of connection.close with 541. */
const BROKEN = Buffer.from('000a0032021d', 'hex')
/** The class and method of basic.deliver. */
const DELIVER = Buffer.from('003c003c', 'hex')

/** The login, now and then spoilt. */
function opening(): Uint8Array {
  const octets = Buffer.from(login)
  if (random(16) === 0) octets[random(octets.length)] = random(256)
  return octets
}

/** Says it all in pieces, hangs up, and returns what was heard. */
async function converse(octets: Uint8Array): Promise<Buffer> {
  const heard: Buffer[] = []
  const socket = connect(Number(port), hostname)
  socket.on('data', (chunk: Buffer) => heard.push(chunk))
  socket.on('error', () => {})
  for (let at = 0; at < octets.length; ) {
    const size = random(3) === 0 ? 1 + random(200) : octets.length
    socket.write(octets.subarray(at, at + size))
    at += size
    if (random(2) === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  if (random(4) === 0) setImmediate(() => socket.destroy())
  else socket.end()
  await once(socket, 'close')
  return Buffer.concat(heard)
}

const bystander = await Client.connect(hostname, Number(port))
bystander.write(login)
for (const name of ['connection.start', 'connection.tune', 'connection.open-ok']) {
  if ((await bystander.next(0)).name !== name) throw new Error(`expected ${name}`)
}
bystander.send(1, 'channel.open', {})
await bystander.next(1)

let conversations = 0
let delivered = 0
for (const until = Date.now() + seconds * 1000; Date.now() < until; ) {
  const octets = Buffer.concat([opening(), conversation()])
  const heard = await converse(octets)
  conversations++
  if (heard.includes(DELIVER)) delivered++
  if (heard.includes(BROKEN)) {
    console.error(`seed ${seed}, conversation ${conversations}: 541 after ${octets.toString('hex')}`)
    process.exit(1)
  }
  if (conversations % 20 === 0) {
    bystander.send(1, 'channel.flow', { active: true })
    if ((await bystander.next(1)).name !== 'channel.flow-ok') throw new Error('the bystander was not answered')
  }
}
await bystander.end()
await broker.stop()
console.log(
  `amqp session: ${conversations} conversations, ${delivered} with deliveries, the broker stands, seed ${seed}`,
)
