/**
 * Tells a consumer in the header `x-delivery-count` how often a message came back, as quorum queues do. The stored
 * bytes stay as they are: a message that came back is put together anew for the one delivery.
 */
import { MessageView } from '../record/message.ts'
import { propertyBlocks } from './property-blocks.ts'

const counted = new MessageView()

/** @returns the message with its header; valid until the next call and as long as `message` is. */
export function withDeliveryCount(message: MessageView): MessageView {
  const { buffer, exchangePos, exchangeLen, keyPos, keyLen, propertiesPos, propertiesLen, bodyPos, bodyLen } = message
  const { deliveryCount, bodyParts } = message
  const edit = { set: { 'x-delivery-count': deliveryCount } }
  const properties = propertyBlocks.edit(buffer, propertiesPos, propertiesLen, edit)
  const parts = [
    buffer.subarray(exchangePos, exchangePos + exchangeLen),
    buffer.subarray(keyPos, keyPos + keyLen),
    properties,
    buffer.subarray(bodyPos, bodyPos + (bodyParts === null ? bodyLen : 0)),
  ]
  const bytes = Buffer.concat(parts)
  counted.buffer = bytes
  counted.data = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  counted.exchangePos = 0
  counted.exchangeLen = exchangeLen
  counted.keyPos = exchangeLen
  counted.keyLen = keyLen
  counted.propertiesPos = exchangeLen + keyLen
  counted.propertiesLen = properties.length
  counted.bodyPos = counted.propertiesPos + properties.length
  counted.bodyLen = bodyLen
  counted.bodyParts = bodyParts
  return counted
}
