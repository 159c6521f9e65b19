/**
 * The keys of the messages in a queue (`x-message-deduplication`): while one is there, taken or not, another with the
 * same key is dropped. Once it has left, the key is free. The window is as durable as the queue, for it is read from
 * the queue's own messages at a start. Trade: a key in memory for each message that has one.
 */
import type { MessageDraft, MessageView } from '../../record/message.ts'

/** What a message has in common with its duplicates; null if it names nothing. */
export type DeduplicationKey = (properties: Uint8Array, pos: number, length: number) => string | null

export class QueueWindow {
  private readonly keyOf: DeduplicationKey
  private readonly places = new Map<string, number>()
  private readonly keys = new Map<number, string>()
  /** The key of the message at the door. */
  private key: string | null = null

  constructor(keyOf: DeduplicationKey) {
    this.keyOf = keyOf
  }

  /** Whether a message with its key is in the queue; otherwise it is the next that may come in. */
  isDuplicate({ properties, propertiesPos, propertiesLen }: MessageDraft): boolean {
    this.key = this.keyOf(properties, propertiesPos, propertiesLen)
    return this.key !== null && this.places.has(this.key)
  }

  /** The message asked for last is in the queue. */
  admitted(place: number): void {
    if (this.key === null) return
    this.add(this.key, place)
    this.key = null
  }

  /** At a start: this one was in the queue before. */
  found({ buffer, propertiesPos, propertiesLen }: MessageView, place: number): void {
    const key = this.keyOf(buffer, propertiesPos, propertiesLen)
    if (key !== null) this.add(key, place)
  }

  /** A message has left the queue; it need not have a key. */
  left(place: number): void {
    const key = this.keys.get(place)
    if (key === undefined) return
    this.keys.delete(place)
    if (this.places.get(key) === place) this.places.delete(key)
  }

  /** Drops the keys of messages for which `keep` answers false. */
  retain(keep: (place: number) => boolean): void {
    for (const place of this.keys.keys()) if (!keep(place)) this.left(place)
  }

  private add(key: string, place: number): void {
    this.places.set(key, place)
    this.keys.set(place, key)
  }
}
