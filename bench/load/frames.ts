/**
 * AMQP 0-9-1 frames as bytes, written by hand and independent of the broker's own codec: a fault shared by both ends
 * would not be seen. Everything that repeats is encoded once, before the clock starts.
 *
 *   frame:  type 1 | channel 2 | size 4 | payload … | 0xCE
 *   method: class 2 | method 2 | arguments …
 */

export const METHOD = 1
export const BODY = 3

/** A method as one number: class in the upper, method in the lower sixteen bits. */
export const methodId = (classId: number, method: number) => classId * 65536 + method

export const connectionStart = methodId(10, 10)
export const connectionTune = methodId(10, 30)
export const connectionOpenOk = methodId(10, 41)
export const connectionClose = methodId(10, 50)
export const channelOpenOk = methodId(20, 11)
export const channelClose = methodId(20, 40)
export const exchangeDeclareOk = methodId(40, 11)
export const queueDeclareOk = methodId(50, 11)
export const queueBindOk = methodId(50, 21)
export const queueDeleteOk = methodId(50, 41)
export const basicQosOk = methodId(60, 11)
export const basicConsumeOk = methodId(60, 21)
export const basicDeliver = methodId(60, 60)
export const basicAck = methodId(60, 80)
export const basicNack = methodId(60, 120)
export const confirmSelectOk = methodId(85, 11)

export const protocolHeader = Buffer.from('AMQP\x00\x00\x09\x01', 'latin1')

type Field = Buffer

const octet = (value: number): Field => Buffer.from([value])
const short = (value: number): Field => Buffer.from([value >> 8, value & 255])
const long = (value: number): Field => {
  const field = Buffer.alloc(4)
  field.writeUInt32BE(value)
  return field
}
const longlong = (value: number): Field => {
  const field = Buffer.alloc(8)
  field.writeBigUInt64BE(BigInt(value))
  return field
}
const shortstr = (value: string): Field => Buffer.concat([octet(Buffer.byteLength(value)), Buffer.from(value)])
const longstr = (value: string): Field => Buffer.concat([long(Buffer.byteLength(value)), Buffer.from(value)])
interface Table {
  readonly [name: string]: string | Table
}
const table = (entries: Table): Field => {
  const fields = Object.entries(entries).map(([name, value]) =>
    typeof value === 'string'
      ? Buffer.concat([shortstr(name), Buffer.from('S'), longstr(value)])
      : Buffer.concat([shortstr(name), Buffer.from('F'), table(value)]),
  )
  const body = Buffer.concat(fields)
  return Buffer.concat([long(body.length), body])
}

function frame(type: number, channel: number, ...fields: Field[]): Buffer {
  const payload = Buffer.concat(fields)
  return Buffer.concat([octet(type), short(channel), long(payload.length), payload, octet(0xce)])
}

function method(channel: number, classId: number, id: number, ...fields: Field[]): Buffer {
  return frame(METHOD, channel, short(classId), short(id), ...fields)
}

/** A nack must be told from "this client does not know nacks". */
const capabilities = Buffer.concat([shortstr('basic.nack'), Buffer.from('t\x01', 'latin1')])
const clientProperties = Buffer.concat([
  shortstr('capabilities'),
  Buffer.from('F'),
  long(capabilities.length),
  capabilities,
])

export const startOk = () =>
  method(
    0,
    10,
    11,
    long(clientProperties.length),
    clientProperties,
    shortstr('PLAIN'),
    longstr('\0guest\0guest'),
    shortstr('en_US'),
  )
export const tuneOk = (channelMax: number, frameMax: number) =>
  method(0, 10, 31, short(channelMax), long(frameMax), short(0))
export const open = () => method(0, 10, 40, shortstr('/'), shortstr(''), octet(0))
export const channelOpen = (channel: number) => method(channel, 20, 10, shortstr(''))
export const exchangeDeclare = (channel: number, name: string, type: string, durable: boolean, args: Table = {}) =>
  method(channel, 40, 10, short(0), shortstr(name), shortstr(type), octet(durable ? 2 : 0), table(args))
export const queueDeclare = (
  channel: number,
  name: string,
  flags: { passive?: boolean; durable?: boolean; exclusive?: boolean },
  args: Record<string, string> = {},
) =>
  method(
    channel,
    50,
    10,
    short(0),
    shortstr(name),
    octet((flags.passive ? 1 : 0) | (flags.durable ? 2 : 0) | (flags.exclusive ? 4 : 0)),
    table(args),
  )
export const queueDelete = (channel: number, name: string) =>
  method(channel, 50, 40, short(0), shortstr(name), octet(0))
export const queueBind = (channel: number, queue: string, exchange: string, routingKey: string) =>
  method(channel, 50, 20, short(0), shortstr(queue), shortstr(exchange), shortstr(routingKey), octet(0), table({}))
export const qos = (channel: number, prefetch: number) => method(channel, 60, 10, long(0), short(prefetch), octet(0))
export const consume = (channel: number, queue: string, tag: string, noAck: boolean) =>
  method(channel, 60, 20, short(0), shortstr(queue), shortstr(tag), octet(noAck ? 2 : 0), table({}))
export const confirmSelect = (channel: number) => method(channel, 85, 10, octet(0))

/** One whole basic.publish: method, header and body frames. */
export function publish(
  channel: number,
  exchange: string,
  routingKey: string,
  body: Buffer,
  persistent: boolean,
): Buffer {
  const properties = persistent ? [short(0x1000), octet(2)] : [short(0)]
  return Buffer.concat([
    method(channel, 60, 40, short(0), shortstr(exchange), shortstr(routingKey), octet(0)),
    frame(2, channel, short(60), short(0), longlong(body.length), ...properties),
    frame(BODY, channel, body),
  ])
}

export const ackBytes = 21

/** Writes a basic.ack of `ackBytes` bytes at `position`; returns where the next one goes. */
export function writeAck(
  into: Buffer,
  position: number,
  channel: number,
  deliveryTag: number,
  multiple: boolean,
): number {
  into[position] = METHOD
  into.writeUInt16BE(channel, position + 1)
  into.writeUInt32BE(13, position + 3)
  into.writeUInt32BE(basicAck, position + 7)
  into.writeUInt32BE(Math.floor(deliveryTag / 0x100000000), position + 11)
  into.writeUInt32BE(deliveryTag >>> 0, position + 15)
  into[position + 19] = multiple ? 1 : 0
  into[position + 20] = 0xce
  return position + ackBytes
}
