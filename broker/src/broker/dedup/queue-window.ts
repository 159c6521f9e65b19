/**
 * The keys of the messages in a queue (`x-message-deduplication`): while one is there, taken or not, another with the
 * same key is dropped. Once it has left, the key is free. The window is as durable as the queue, for it is read from
 * the queue's own messages at a start. Trade: a key in memory for each message that has one.
 */
export class QueueWindow {
  private readonly places = new Map<string, number>()
  private readonly keys = new Map<number, string>()

  /** Whether no message in the queue has this key. */
  admits(key: string): boolean {
    return !this.places.has(key)
  }

  /** A message is in the queue, new or found at a start. */
  added(key: string, place: number): void {
    this.places.set(key, place)
    this.keys.set(place, key)
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
}
