// The same words, cut in other places: how a dialogue is spread over packets and frames changes nothing.

import { encodeContent } from '../../src/wire/amqp/content.ts'
import { encodeMethod } from '../../src/wire/amqp/methods.ts'
import { dialogues, Speaker, type Step } from './dialogue.ts'

const a = new Speaker('a', 1)
const second = new Speaker('a', 2)

const q = { queue: 'pieces.q' }
const declare = encodeMethod(1, 'queue.declare', q)
const publish = encodeMethod(1, 'basic.publish', { exchange: '', routingKey: 'pieces.q' })
const flow = encodeMethod(1, 'channel.flow', { active: true })
const message = Buffer.concat([
  publish,
  encodeContent(1, { headers: { a: 1 }, deliveryMode: 2, messageId: 'm' }, Buffer.from('a body'), 0),
])
const listening = [a.ask('queue.declare', q), a.ask('basic.consume', { ...q, consumerTag: 'c', noAck: true })]

/** One octet per packet, as far as the network agrees. */
function trickle(octets: Uint8Array): Step {
  return async (run) => {
    const client = await run.channel('a', 1)
    for (const octet of octets) {
      client.write(Uint8Array.of(octet))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** Splits at one place. */
function halves(octets: Uint8Array, at: number): Step {
  return async (run) => {
    const client = await run.channel('a', 1)
    client.write(octets.subarray(0, at))
    await new Promise((resolve) => setTimeout(resolve, 2))
    client.write(octets.subarray(at))
  }
}

dialogues({
  'octet by octet': [
    ...listening,
    trickle(declare),
    a.hear('queue.declare-ok'),
    trickle(message),
    a.delivery('c', 1, 'a body', { properties: { messageId: 'm', deliveryMode: 2 } }),
    trickle(Buffer.concat([flow, flow])),
    a.hear('channel.flow-ok'),
    a.hear('channel.flow-ok'),
  ],
  'a message cut in two at every place': [
    ...listening,
    ...Array.from({ length: message.length - 1 }, (_, index) => [
      halves(message, index + 1),
      a.delivery('c', index + 1, 'a body', { properties: { messageId: 'm' } }),
    ]).flat(),
  ],
  'a hundred messages and a question in one packet': [
    ...listening,
    a.octets(Buffer.concat([...Array.from({ length: 100 }, () => message)])),
    ...Array.from({ length: 100 }, (_, index) => a.delivery('c', index + 1, 'a body')),
    a.silence('pieces.q'),
  ],
  'a body in frames of one octet, with an empty one between': [
    ...listening,
    a.octets(
      publish,
      encodeContent(1, {}, Buffer.from('abc'), 0).subarray(0, 22),
      ...['a', '', 'b', '', 'c'].map((part) => bodyFrame(1, part)),
    ),
    a.delivery('c', 1, 'abc'),
  ],
  'two channels take turns frame by frame': [
    ...listening,
    second.silence(),
    a.octets(
      publish,
      encodeMethod(2, 'basic.publish', { exchange: '', routingKey: 'pieces.q' }),
      encodeContent(1, {}, Buffer.from('one'), 0).subarray(0, 22),
      encodeContent(2, {}, Buffer.from('two'), 0),
      bodyFrame(1, 'o'),
      encodeMethod(2, 'channel.flow', { active: true }),
      bodyFrame(1, 'ne'),
    ),
    second.hear('channel.flow-ok'),
    a.delivery('c', 1, 'two'),
    a.delivery('c', 2, 'one'),
  ],
})

function bodyFrame(channel: number, body: string): Uint8Array {
  const payload = Buffer.from(body)
  return Uint8Array.of(3, 0, channel, 0, 0, 0, payload.length, ...payload, 0xce)
}
