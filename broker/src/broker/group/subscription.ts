// What a consumer tells the leader of its group about itself (ConsumerProtocolSubscription), as far as the broker looks
// into it: the topics it wants, so that their offsets are neither deleted nor expired under it.
//
//   version i16 | n i32 | n × (length i16 | topic) | user data and newer fields, not looked at

const decoder = new TextDecoder()

/** @returns null if these bytes are not a subscription */
export function subscribedTopics(metadata: Uint8Array): string[] | null {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength)
  if (metadata.length < 6 || view.getInt16(0) < 0) return null
  const count = view.getInt32(2)
  const topics: string[] = []
  let position = 6
  for (let n = 0; n < count; n++) {
    if (position + 2 > metadata.length) return null
    const length = view.getInt16(position)
    if (length < 0 || position + 2 + length > metadata.length) return null
    topics.push(decoder.decode(metadata.subarray(position + 2, position + 2 + length)))
    position += 2 + length
  }
  return count < 0 ? null : topics
}
