/** A stored message as a draft of its copy, which arrives anew. */
import type { MessageDraft, MessageView } from '../../record/message.ts'
import { draftOf } from '../delay/stored-draft.ts'

/** Fills in all but the names. The time that the message brought with it starts anew. Valid as long as the view is. */
export function copyMessage(view: MessageView, copy: MessageDraft, nowMs: number): void {
  draftOf(view, copy)
  copy.arrival = nowMs
  copy.expiry = view.expiry === 0 ? 0 : nowMs + view.expiry - view.arrival
}

export function setProperties(copy: MessageDraft, block: Uint8Array): void {
  copy.properties = block
  copy.propertiesPos = 0
  copy.propertiesLen = block.length
}

export function setBody(copy: MessageDraft, body: Uint8Array): void {
  copy.body = body
  copy.bodyPos = 0
  copy.bodyLen = body.length
  copy.bodyParts = null
}
