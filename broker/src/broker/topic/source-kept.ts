/**
 * Records that a queue has handed out, or set aside, while their topic removes them: copied into memory, each as long as it
 * is not settled. Trade: only what is taken is kept, so consumers' prefetch bounds it; what is merely ready is lost.
 */

import { OffsetSet } from '../../log/offset-set.ts'
import type { PartitionSnapshot } from '../../log/partition/partition-log.ts'
import { MessageView } from '../../record/message.ts'
import type { SourceWindow, Stretch } from './source-window.ts'

const READ_BYTES = 128 << 10

const view = new MessageView()

export class SourceKept {
  private readonly offsets = new OffsetSet()
  /** Null: it could not be read. What is missing is being copied. */
  private readonly records = new Map<number, MessageView | null>()
  private waiters: (() => void)[] = []

  get size(): number {
    return this.offsets.size
  }

  has(offset: number): boolean {
    return this.offsets.has(offset)
  }

  /** The first one at or after an offset; Infinity if there is none. */
  next(offset: number): number {
    const found = this.offsets.nextAtOrAfter(offset)
    return found < 0 ? Number.POSITIVE_INFINITY : found
  }

  /** It could not be read. */
  isLost(offset: number): boolean {
    return this.offsets.has(offset) && this.get(offset) === null
  }

  /** Null: it could not be read; undefined: it is on its way. */
  get(offset: number): MessageView | null | undefined {
    return this.records.get(offset)
  }

  /** Calls back once what is on its way has come. */
  whenCopied(task: () => void): void {
    this.waiters.push(task)
  }

  delete(offset: number): void {
    if (this.offsets.delete(offset)) this.records.delete(offset)
  }

  deleteRange(from: number, to: number): void {
    for (let at = this.next(from); at < to; at = this.next(at + 1)) this.delete(at)
  }

  /** Copies records out of a log that is as it was when they could be read. */
  async copy(offsets: readonly number[], from: PartitionSnapshot, window: SourceWindow, limit: number): Promise<void> {
    const wanted = offsets.filter((offset) => this.offsets.add(offset))
    try {
      for (const offset of wanted) {
        if (!this.offsets.has(offset)) continue
        if (!window.holds(offset)) window.open(await stretchAt(from, offset, limit))
        // It may have been settled meanwhile.
        if (!this.offsets.has(offset)) continue
        this.records.set(offset, window.find(offset) === offset ? copied(window) : null)
      }
    } catch {
      for (const offset of wanted) {
        if (this.offsets.has(offset) && !this.records.has(offset)) this.records.set(offset, null)
      }
    } finally {
      window.close()
      from.close()
      const { waiters } = this
      this.waiters = []
      for (const task of waiters) task()
    }
  }
}

/** What was delivered once is of no aborted transaction. */
function stretchAt(snapshot: PartitionSnapshot, from: number, limit: number): Promise<Stretch> {
  return new Promise((resolve, reject) => {
    snapshot.read(from, limit, READ_BYTES, (error, parts, loan) => {
      if (error === null) resolve({ parts, from, limit, aborted: [], loan })
      else reject(error)
    })
  })
}

/** What the window found, in memory of its own. */
function copied(window: SourceWindow): MessageView {
  window.describe(view)
  const { buffer, propertiesPos, propertiesLen, bodyPos, bodyLen, bodyParts } = view
  const own = new MessageView()
  copyView(view, own)
  const head = propertiesPos + propertiesLen
  own.buffer = new Uint8Array(head + bodyLen)
  own.data = new DataView(own.buffer.buffer)
  own.buffer.set(buffer.subarray(0, head))
  own.bodyPos = head
  if (bodyParts === null) own.buffer.set(buffer.subarray(bodyPos, bodyPos + bodyLen), head)
  else own.buffer.set(bodyParts.length === 1 ? bodyParts[0] : Buffer.concat(bodyParts), head)
  own.bodyParts = null
  own.holder = { lent: false }
  return own
}

/** Points one view at what another one shows. */
export function copyView(from: MessageView, to: MessageView): void {
  Object.assign(to, from)
}
