/** A message that is handed out, as JSON. */
import type { PropertyBlocks } from '../../broker/property-blocks.ts'
import type { MessageView } from '../../record/message.ts'
import type { ReceivedMessage } from './message-schemas.ts'
import { isJsonType, payloadOf } from './payload.ts'

/** What can be said of a view, which is valid only now. */
export function describeMessage(
  blocks: PropertyBlocks,
  view: MessageView,
  redelivered: boolean,
  asText = false,
): Omit<ReceivedMessage, 'lease' | 'lease_until'> {
  const { buffer } = view
  const properties = blocks.read(buffer, view.propertiesPos, view.propertiesLen)
  return {
    exchange: textAt(buffer, view.exchangePos, view.exchangeLen),
    routing_key: textAt(buffer, view.keyPos, view.keyLen),
    redelivered,
    delivery_count: view.deliveryCount,
    payload_bytes: view.bodyLen,
    ...payloadOf(bodyOf(view), !asText && isJsonType(properties.content_type)),
    properties: properties as ReceivedMessage['properties'],
  }
}

function bodyOf({ buffer, bodyPos, bodyLen, bodyParts }: MessageView): Uint8Array {
  return bodyParts === null ? buffer.subarray(bodyPos, bodyPos + bodyLen) : Buffer.concat(bodyParts)
}

function textAt(bytes: Uint8Array, pos: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + pos, length).toString()
}
