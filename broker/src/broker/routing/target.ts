// What a match names. Targets are compared by identity: one live object per queue, exchange and history of a vhost.

import type { MessageDraft } from '../../record/message.ts'

/** What a binding leads to. */
export interface RouteTarget {
  readonly kind: 'queue' | 'exchange' | 'topic'
  readonly name: string
}

/**
 * A topic, or one partition of it: what comes here is appended as a record. Or what an exchange keeps back until it is due.
 */
export interface TopicTarget extends RouteTarget {
  readonly kind: 'topic'
  /** It is an exchange's that keeps messages back. */
  readonly keepsBack?: true
  /** @returns the durable number to wait for, or TOPIC_REFUSED if the topic cannot take such a message */
  append(draft: MessageDraft): number
}

export const TOPIC_REFUSED = -1

/**
 * What an exchange remembers of its messages: all of the last ones (`history`), or their keys (`seen`). No destination,
 * so a message that only gets here was not routed.
 */
export interface HistoryTarget {
  readonly kind: 'history' | 'seen'
  readonly name: string
}
