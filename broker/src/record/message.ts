/**
 * A message on its way into a log (`MessageDraft`) and out of it (`MessageView`). Both are reused objects of
 * plain numbers: one per session and one per reader, so that a message costs no allocation.
 * Trade: a view is valid only until its owner's next call, and never beyond the turn.
 */
import { Bytes, NO_BYTES } from '../base/bytes.ts'

/** What a publisher hands to `LogEngine.append`. All bytes are copied before it returns, save bodies kept by reference. */
export class MessageDraft {
  namesBytes = NO_BYTES
  propertiesBytes = NO_BYTES
  propertiesPos = 0
  propertiesLen = 0
  bodyBytes = NO_BYTES
  bodyPos = 0
  bodyLen = 0
  /** The body in pieces (`bodyLen` stays its total); the log may keep the pieces by reference. */
  bodyParts: Uint8Array[] | null = null
  /** ms since the epoch */
  arrival = 0
  /** Absolute ms since the epoch, 0 = never. */
  expiry = 0
  priority = 0
  /** Whether the publisher gave a priority; without one a queue uses its default. */
  hasPriority = false
  persistent = false

  /** Exchange and routing key as on the wire: two short strings, each one length byte and its bytes. */
  get names(): Uint8Array {
    return this.namesBytes.array
  }
  set names(array: Uint8Array) {
    this.namesBytes = new Bytes(array)
  }

  /** Property flags and properties, verbatim, lie in `properties[propertiesPos, propertiesPos + propertiesLen)`. */
  get properties(): Uint8Array {
    return this.propertiesBytes.array
  }
  set properties(array: Uint8Array) {
    this.propertiesBytes = new Bytes(array)
  }

  /** The body, when it lies in one piece: `body[bodyPos, bodyPos + bodyLen)`. */
  get body(): Uint8Array {
    return this.bodyBytes.array
  }
  set body(array: Uint8Array) {
    this.bodyBytes = new Bytes(array)
  }
}

/** A stored message: where its parts lie. */
export class MessageView {
  offset = 0
  /** What names the message to its queue: set by the queue, given back to it when the message is settled. */
  place = 0
  /** How often it came back, where its queue counts that; else 0. */
  deliveryCount = 0
  buffer: Uint8Array = NO_BYTES.array
  /** Over `buffer`. */
  data: DataView = NO_BYTES.view
  /** Whoever keeps a part of `buffer` beyond the turn (gives it to a socket) sets `lent`: it is then never reused. */
  holder: { lent: boolean } = { lent: false }
  exchangePos = 0
  exchangeLen = 0
  keyPos = 0
  keyLen = 0
  propertiesPos = 0
  propertiesLen = 0
  bodyPos = 0
  bodyLen = 0
  /** Set when the body does not lie in `buffer`: its pieces in order, never changed afterwards. */
  bodyParts: Uint8Array[] | null = null
  arrival = 0
  expiry = 0
  priority = 0
  hasPriority = false
  persistent = false
}
