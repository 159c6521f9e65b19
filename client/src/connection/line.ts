/** Who comes first goes first. Arrays of many thousands take long to `shift`: here it costs the same however many wait. */

/** Below that the places of those who went are not worth the copying. */
const COMPACT_FROM = 1024

export class Line<Item> {
  private items: Item[] = []
  private head = 0

  get length(): number {
    return this.items.length - this.head
  }

  get first(): Item | undefined {
    return this.items[this.head]
  }

  add(item: Item): void {
    this.items.push(item)
  }

  take(): Item | undefined {
    if (this.head === this.items.length) return undefined
    const item = this.items[this.head++]
    if (this.head >= COMPACT_FROM && this.head * 2 >= this.items.length) {
      this.items = this.items.slice(this.head)
      this.head = 0
    }
    return item
  }
}
