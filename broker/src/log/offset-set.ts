/**
 * A set of offsets as bitmap pages of 1,024: what is settled above the first unsettled offset, what was requeued.
 * Pages stand sorted by number, the last one touched is remembered; a full page shares one constant bitmap.
 * Trade: a page costs some 300 bytes however few offsets it holds, and no operation ever costs more than a page.
 */
const PAGE_BITS = 1024
const PAGE_WORDS = PAGE_BITS / 32
const FULL = new Uint32Array(PAGE_WORDS).fill(0xffffffff)

interface Page {
  readonly base: number
  bits: Uint32Array
  count: number
}

export class OffsetSet {
  /** Sorted by base; those before `head` are dropped. */
  private pages: Page[] = []
  private head = 0
  private last: Page | null = null
  private total = 0

  get size(): number {
    return this.total
  }

  has(offset: number): boolean {
    const page = this.find(offset)
    if (page === null) return false
    const bit = offset - page.base
    return (page.bits[bit >>> 5] & (1 << (bit & 31))) !== 0
  }

  /** @returns false if it was there already. */
  add(offset: number): boolean {
    const page = this.find(offset) ?? this.insert(offset)
    const bit = offset - page.base
    const mask = 1 << (bit & 31)
    if ((page.bits[bit >>> 5] & mask) !== 0) return false
    page.bits[bit >>> 5] |= mask
    this.total++
    if (++page.count === PAGE_BITS) page.bits = FULL
    return true
  }

  /** Adds [from, to), a page at a time. */
  addRange(from: number, to: number): void {
    let at = from
    while (at < to) {
      const page = this.find(at) ?? this.insert(at)
      const end = Math.min(to, page.base + PAGE_BITS)
      if (at === page.base && end === page.base + PAGE_BITS) {
        this.total += PAGE_BITS - page.count
        page.count = PAGE_BITS
        page.bits = FULL
        at = end
      } else while (at < end) this.add(at++)
    }
  }

  /** @returns false if it was not there. */
  delete(offset: number): boolean {
    const page = this.find(offset)
    if (page === null) return false
    const bit = offset - page.base
    const mask = 1 << (bit & 31)
    if ((page.bits[bit >>> 5] & mask) === 0) return false
    if (page.bits === FULL) page.bits = FULL.slice()
    page.bits[bit >>> 5] &= ~mask
    this.total--
    if (--page.count === 0) this.remove(page)
    return true
  }

  /** Removes all below `offset`. */
  deleteBelow(offset: number): void {
    this.dropPagesBelow(offset)
    if (this.head === this.pages.length) return
    const page = this.pages[this.head]
    for (let at = firstIn(page, 0); at >= 0 && at < offset; at = firstIn(page, at - page.base)) this.delete(at)
  }

  /** Removes the pages wholly below `offset`, at no cost per offset; some below it may stay. */
  dropPagesBelow(offset: number): void {
    while (this.head < this.pages.length && this.pages[this.head].base + PAGE_BITS <= offset) {
      this.total -= this.pages[this.head].count
      this.dropFirst()
    }
  }

  /** The smallest, or -1. */
  first(): number {
    return this.head < this.pages.length ? firstIn(this.pages[this.head], 0) : -1
  }

  /** The smallest at or after `offset`, or -1. */
  nextAtOrAfter(offset: number): number {
    for (let i = this.position(offset); i < this.pages.length; i++) {
      const page = this.pages[i]
      const found = firstIn(page, Math.max(0, offset - page.base))
      if (found >= 0) return found
    }
    return -1
  }

  /** The smallest offset at or after `offset` that is not in the set. */
  nextAbsent(offset: number): number {
    let at = offset
    for (;;) {
      const page = this.find(at)
      if (page === null) return at
      const found = firstAbsentIn(page, at - page.base)
      if (found >= 0) return found
      at = page.base + PAGE_BITS
    }
  }

  /** How many lie in [from, to). */
  countIn(from: number, to: number): number {
    let count = 0
    for (let at = this.nextAtOrAfter(from); at >= 0 && at < to; ) {
      const end = Math.min(to, this.nextAbsent(at))
      count += end - at
      at = this.nextAtOrAfter(end)
    }
    return count
  }

  /** Calls back for each maximal range [from, to) within pages, in order; neighbours across pages are joined. */
  forEachRange(visit: (from: number, to: number) => void): void {
    let at = this.first()
    while (at >= 0) {
      const to = this.nextAbsent(at)
      visit(at, to)
      at = this.nextAtOrAfter(to)
    }
  }

  clear(): void {
    this.pages = []
    this.head = 0
    this.last = null
    this.total = 0
  }

  private find(offset: number): Page | null {
    const last = this.last
    if (last !== null && offset >= last.base && offset < last.base + PAGE_BITS) return last
    const at = this.position(offset)
    if (at === this.pages.length || this.pages[at].base > offset) return null
    return (this.last = this.pages[at])
  }

  /** Index of the page that holds `offset`, or of the first one after it. */
  private position(offset: number): number {
    const pages = this.pages
    let low = this.head
    let high = pages.length
    if (low < high && pages[high - 1].base + PAGE_BITS <= offset) return high
    while (low < high) {
      const middle = (low + high) >>> 1
      if (pages[middle].base + PAGE_BITS <= offset) low = middle + 1
      else high = middle
    }
    return low
  }

  private insert(offset: number): Page {
    const page: Page = { base: offset - (offset % PAGE_BITS), bits: new Uint32Array(PAGE_WORDS), count: 0 }
    const at = this.position(offset)
    if (at === this.pages.length) this.pages.push(page)
    else if (at === this.head && at > 0) this.pages[--this.head] = page
    else this.pages.splice(at, 0, page)
    return (this.last = page)
  }

  private remove(page: Page): void {
    if (this.last === page) this.last = null
    const at = this.position(page.base)
    if (at === this.head) this.dropFirst()
    else this.pages.splice(at, 1)
  }

  private dropFirst(): void {
    if (this.last === this.pages[this.head]) this.last = null
    this.head++
    if (this.head === this.pages.length) {
      this.pages.length = 0
      this.head = 0
    } else if (this.head > 64 && this.head * 2 > this.pages.length) {
      this.pages.splice(0, this.head)
      this.head = 0
    }
  }
}

function firstIn(page: Page, from: number): number {
  let word = from >>> 5
  let bits = page.bits[word] & (-1 << (from & 31))
  for (;;) {
    if (bits !== 0) return page.base + word * 32 + lowestBit(bits)
    if (++word === PAGE_WORDS) return -1
    bits = page.bits[word]
  }
}

function firstAbsentIn(page: Page, from: number): number {
  if (page.count === PAGE_BITS) return -1
  let word = from >>> 5
  let bits = ~page.bits[word] & (-1 << (from & 31))
  for (;;) {
    if (bits !== 0) return page.base + word * 32 + lowestBit(bits)
    if (++word === PAGE_WORDS) return -1
    bits = ~page.bits[word]
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits)
}
