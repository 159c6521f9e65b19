/**
 * What publishers were promised and consumers saw, message by message. A fact counts as durable once everything done up
 * to it became so; what was not durable when the power went may have happened or not.
 */
import assert from 'node:assert/strict'

export interface Book {
  readonly id: number
  /** Where it was published to. */
  readonly queue: string
  /** Not to be seen before, ms since 1970. */
  readonly dueMs: number
  /** Of its deduplication. */
  readonly key: string | null
  /** Numbers that grow with everything that happens; Infinity: not yet. */
  readonly published: number
  confirmed: number
  refused: boolean
  /** Acked somewhere. */
  finished: boolean
  seen: boolean
  /** Acked in the queue it was published to: durably or not. */
  acked: 'no' | 'asked' | 'durable'
  /** Returned to the queue it was published to. */
  returns: number
  durableReturns: number
  /** Set aside there until then, ms since 1970. */
  heldUntil: number
  durablyHeldUntil: number
}

export class MessageBook {
  readonly messages: Book[] = []
  /** By queue, as JSON: the last durable one first. */
  private readonly policies = new Map<string, string[]>()
  private moment = 0
  private uncertain = new Set<Book>()

  publish(queue: string, dueMs: number, key: string | null): Book {
    const book: Book = {
      id: this.messages.length,
      queue,
      dueMs,
      key,
      published: ++this.moment,
      confirmed: Number.POSITIVE_INFINITY,
      refused: false,
      finished: false,
      seen: false,
      acked: 'no',
      returns: 0,
      durableReturns: 0,
      heldUntil: 0,
      durablyHeldUntil: 0,
    }
    this.messages.push(book)
    return book
  }

  confirm(book: Book): void {
    book.confirmed = ++this.moment
  }

  /** A message was delivered from `queue`. `count`: how often it came back, as the delivery says; null if it does not. */
  delivered(id: number, queue: string, nowMs: number, count: number | null): Book {
    const book = this.messages[id]
    assert.ok(book !== undefined, `message ${id} was never published`)
    const what = `message ${id} of ${book.queue}, delivered from ${queue}`
    assert.ok(nowMs >= book.dueMs, `${what}: ${book.dueMs - nowMs} ms before its time`)
    book.seen = true
    if (queue !== book.queue) return book
    assert.notEqual(book.acked, 'durable', `${what}: it was acked and is back`)
    assert.ok(nowMs >= book.heldUntil, `${what}: ${book.heldUntil - nowMs} ms before it was to come back`)
    if (count !== null) {
      const allowed = `not ${book.durableReturns} to ${book.returns}`
      assert.ok(
        count >= book.durableReturns && count <= book.returns,
        `${what}: it came back ${count} times, ${allowed}`,
      )
      book.returns = count
    }
    return book
  }

  acked(book: Book, queue: string): void {
    book.finished = true
    if (queue !== book.queue || book.acked === 'durable') return
    book.acked = 'asked'
    this.uncertain.add(book)
  }

  returned(book: Book, queue: string, heldUntil: number): void {
    if (queue !== book.queue) return
    book.returns++
    book.heldUntil = heldUntil
    this.uncertain.add(book)
  }

  /** All that was done is durable. */
  durable(): void {
    for (const book of this.uncertain) {
      if (book.acked === 'asked' && isAlone(book)) book.acked = 'durable'
      book.durableReturns = book.returns
      book.durablyHeldUntil = book.heldUntil
    }
    this.uncertain.clear()
    for (const known of this.policies.values()) known.splice(0, known.length - 1)
  }

  policySet(queue: string, definition: unknown): void {
    const known = this.policies.get(queue) ?? ['null']
    this.policies.set(queue, [...known, JSON.stringify(definition)])
  }

  get ruledQueues(): Iterable<string> {
    return this.policies.keys()
  }

  /** After a start. */
  policyFound(queue: string, definition: unknown): void {
    const known = this.policies.get(queue)!
    const found = JSON.stringify(definition)
    assert.ok(known.includes(found), `the policy of ${queue} is ${found}, not one of ${known.join(', ')}`)
    this.policies.set(queue, [found])
  }

  /** A clean stop: what was done is there. Consumers that ended return what they had, which counts. */
  stopped(): void {
    this.durable()
    this.ended()
  }

  crashed(): void {
    this.uncertain.clear()
    this.ended()
  }

  /** At the end, when everything was delivered that can be. */
  judge(): void {
    const keys = new Map<string, Book[]>()
    for (const book of this.messages) {
      if (book.key !== null) keys.set(book.key, [...(keys.get(book.key) ?? []), book])
      else if (isConfirmed(book))
        assert.ok(book.finished, `message ${book.id} of ${book.queue} was confirmed and is lost`)
    }
    for (const [key, books] of keys) {
      if (books.some(isConfirmed))
        assert.ok(
          books.some((book) => book.finished),
          `key ${key}: all confirmed and lost`,
        )
      // Of a queue's own window: the key is free again when its message has left.
      if (books[0].queue === 'alone') continue
      for (const first of books) {
        const later = books.find((book) => book.seen && first.seen && book.published > first.confirmed)
        assert.equal(later, undefined, `key ${key}: message ${later?.id} was admitted after ${first.id}`)
      }
    }
  }

  private ended(): void {
    for (const book of this.messages) {
      if (book.acked === 'asked') book.acked = 'no'
      book.heldUntil = book.durablyHeldUntil
    }
  }
}

function isConfirmed(book: Book): boolean {
  return book.confirmed !== Number.POSITIVE_INFINITY && !book.refused
}

/** What was kept back may be in its queue twice after a crash. */
function isAlone(book: Book): boolean {
  return book.dueMs === 0
}
