/** A stored message as a draft again, so that it can be appended elsewhere. Valid as long as the view is. */
import { Bytes } from '../../base/bytes.ts'
import type { MessageDraft, MessageView } from '../../record/message.ts'

/** A log may keep such bodies by reference: they are cut out, lest a whole read buffer hangs on them. */
const BIG_BODY = 32768

/** All but the names, which are the caller's to set: a view does not always have them in one piece. */
export function draftOf(view: MessageView, draft: MessageDraft): void {
  if (draft.propertiesBytes.array !== view.buffer) draft.propertiesBytes = new Bytes(view.buffer, view.data)
  draft.propertiesPos = view.propertiesPos
  draft.propertiesLen = view.propertiesLen
  draft.bodyBytes = draft.propertiesBytes
  draft.bodyPos = view.bodyPos
  draft.bodyLen = view.bodyLen
  draft.bodyParts = view.bodyParts
  if (view.bodyLen >= BIG_BODY && view.bodyParts === null) {
    draft.bodyParts = [new Uint8Array(view.buffer.subarray(view.bodyPos, view.bodyPos + view.bodyLen))]
  }
  draft.arrival = view.arrival
  draft.expiry = view.expiry
  draft.priority = view.priority
  draft.hasPriority = view.hasPriority
  draft.persistent = view.persistent
}

/** Exchange and routing key as two short strings. */
export function namesOf(view: MessageView): Bytes {
  const { buffer, exchangePos, exchangeLen, keyPos, keyLen } = view
  const names = new Uint8Array(2 + exchangeLen + keyLen)
  names[0] = exchangeLen
  names.set(buffer.subarray(exchangePos, exchangePos + exchangeLen), 1)
  names[1 + exchangeLen] = keyLen
  names.set(buffer.subarray(keyPos, keyPos + keyLen), 2 + exchangeLen)
  return Bytes.copyOf(names)
}

/** Whether these are its names: a message that came by a binding has those of the exchange that it was published to. */
export function isNamed({ buffer, exchangePos, exchangeLen, keyPos, keyLen }: MessageView, names: Uint8Array): boolean {
  return (
    names.length === 2 + exchangeLen + keyLen &&
    names[0] === exchangeLen &&
    equal(names.subarray(1, 1 + exchangeLen), buffer, exchangePos) &&
    equal(names.subarray(2 + exchangeLen), buffer, keyPos)
  )
}

function equal(bytes: Uint8Array, buffer: Uint8Array, at: number): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== buffer[at + i]) return false
  return true
}
