/**
 * Direct reply-to: a requester has a name that nobody can guess, its requests carry it, and what is published to that name
 * through the default exchange goes straight to it, past any queue. At most once: a requester that is gone gets nothing.
 */
import { randomBytes } from 'node:crypto'
import type { MessageDraft } from '../record/message.ts'

/** What AMQP's clients consume replies from, and name in their requests. */
export const REPLY_QUEUE = 'amq.rabbitmq.reply-to'
const PREFIX = `${REPLY_QUEUE}.`

/** Whoever waits for replies. */
export interface Requester {
  /** Takes one, whose names are set; its bytes are valid during the call. @returns false: it is gone */
  reply(draft: MessageDraft): boolean
}

export function isReplyName(key: string): boolean {
  return key.startsWith(PREFIX)
}

export class DirectReplies {
  private readonly requesters = new Map<string, Requester>()

  /** @returns the name that leads to it */
  register(requester: Requester): string {
    const name = `${PREFIX}${randomBytes(18).toString('base64url')}`
    this.requesters.set(name, requester)
    return name
  }

  delete(name: string): void {
    this.requesters.delete(name)
  }

  /** Whether a requester stands behind this name. */
  has(name: string): boolean {
    return this.requesters.has(name)
  }

  /** To those of the keys that are names of requesters. @returns whether there was one */
  send(keys: readonly string[], draft: MessageDraft): boolean {
    let sent = false
    for (const key of new Set(keys)) if (isReplyName(key) && this.requesters.get(key)?.reply(draft)) sent = true
    return sent
  }
}
