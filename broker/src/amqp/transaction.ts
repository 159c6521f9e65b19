/**
 * What a transactional channel has staged: publishes with their bytes copied, and settled tags (AMQP 0-9-1 class tx).
 * Nothing of it is seen by anyone before commit.
 */
import { MessageDraft } from '../record/message.ts'
import type { Outcome } from './channel.ts'
import type { PublishTarget } from './publish-target.ts'

export interface StagedPublish {
  readonly target: PublishTarget
  readonly draft: MessageDraft
  /** All routing keys, if it has more than one. */
  readonly keys: readonly string[] | null
}

export class Transaction {
  publishes: StagedPublish[] = []
  settles: { readonly tag: number; readonly outcome: Outcome }[] = []

  stage(target: PublishTarget, draft: MessageDraft, keys: readonly string[] | null): void {
    const copy = new MessageDraft()
    copy.namesBytes = target.names
    copy.properties = draft.properties.slice(draft.propertiesPos, draft.propertiesPos + draft.propertiesLen)
    copy.propertiesLen = draft.propertiesLen
    if (draft.bodyParts !== null) copy.bodyParts = draft.bodyParts
    else copy.body = draft.body.slice(draft.bodyPos, draft.bodyPos + draft.bodyLen)
    copy.bodyLen = draft.bodyLen
    copy.arrival = draft.arrival
    copy.priority = draft.priority
    copy.hasPriority = draft.hasPriority
    copy.expiry = draft.expiry
    copy.persistent = draft.persistent
    this.publishes.push({ target, draft: copy, keys })
  }

  /** To be called at commit: messages arrive then, and their times begin. */
  arrive(nowMs: number): void {
    for (const { draft } of this.publishes) {
      if (draft.expiry > 0) draft.expiry += nowMs - draft.arrival
      draft.arrival = nowMs
    }
  }

  clear(): void {
    this.publishes = []
    this.settles = []
  }
}
