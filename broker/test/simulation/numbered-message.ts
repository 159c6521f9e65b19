/** Messages made from a number, so that what a log gives back can be compared to the last byte. */
import { MessageDraft, type MessageView } from '../../src/record/message.ts'

export interface NumberedMessage {
  number: number
  bodyLength: number
  persistent: boolean
}

export function draftOf(message: NumberedMessage, arrival: number): MessageDraft {
  const { number, bodyLength } = message
  const draft = new MessageDraft()
  const { exchange, key, properties, body } = partsOf(message)
  draft.names = Buffer.concat([Buffer.from([exchange.length]), exchange, Buffer.from([key.length]), key])
  draft.properties = properties
  draft.propertiesLen = properties.length
  // One in three comes in pieces, and one somewhere within a larger buffer, as from a socket.
  if (number % 3 === 0) draft.bodyParts = [body.subarray(0, bodyLength >> 1), body.subarray(bodyLength >> 1)]
  else {
    draft.bodyPos = number % 3 === 1 ? 5 : 0
    draft.body = draft.bodyPos === 0 ? body : Buffer.concat([Buffer.alloc(5, 0xee), body, Buffer.alloc(3, 0xee)])
  }
  draft.bodyLen = bodyLength
  draft.arrival = arrival
  draft.expiry = number % 4 === 0 ? arrival + number : 0
  draft.priority = number % 10
  draft.persistent = message.persistent
  return draft
}

/** Says in which part the stored message differs; undefined if it is the one expected. */
export function differenceOf(view: MessageView, message: NumberedMessage, arrival: number): string | undefined {
  const expected = partsOf(message)
  const stored = (at: number, length: number) => Buffer.from(view.buffer.buffer, view.buffer.byteOffset + at, length)
  const body = view.bodyParts === null ? stored(view.bodyPos, view.bodyLen) : Buffer.concat(view.bodyParts)
  if (!stored(view.exchangePos, view.exchangeLen).equals(expected.exchange)) return 'exchange'
  if (!stored(view.keyPos, view.keyLen).equals(expected.key)) return 'routing key'
  if (!stored(view.propertiesPos, view.propertiesLen).equals(expected.properties)) return 'properties'
  if (view.bodyLen !== message.bodyLength || !body.equals(expected.body)) return 'body'
  if (view.arrival !== arrival) return 'arrival'
  if (view.expiry !== (message.number % 4 === 0 ? arrival + message.number : 0)) return 'expiry'
  if (view.priority !== message.number % 10) return 'priority'
  return view.persistent === message.persistent ? undefined : 'delivery mode'
}

function partsOf({ number, bodyLength }: NumberedMessage) {
  const body = Buffer.alloc(bodyLength, `${number}/`)
  return {
    exchange: Buffer.from(number % 2 === 0 ? '' : 'simulated'),
    key: Buffer.from(`key.${number}`),
    properties: Buffer.alloc(2 + (number % 23), `p${number}`),
    body,
  }
}
