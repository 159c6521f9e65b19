/** Messages of a lane that its head has passed because others with their keys are out (key-order.ts): they were never handed out. */
import { OffsetSet } from '../../log/offset-set.ts'

export class Aside {
  readonly ready = new OffsetSet()
  /** On their way elsewhere, from where they may come back. */
  readonly taken = new OffsetSet()

  has(offset: number): boolean {
    return this.ready.has(offset) || this.taken.has(offset)
  }

  delete(offset: number): boolean {
    return this.ready.delete(offset) || this.taken.delete(offset)
  }

  /** @returns false if it does not stand here, ready */
  take(offset: number): boolean {
    return this.ready.delete(offset) && this.taken.add(offset)
  }

  /** @returns false if it was not taken from here */
  giveBack(offset: number): boolean {
    return this.taken.delete(offset) && this.ready.add(offset)
  }
}
