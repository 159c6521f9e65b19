/**
 * Many queues of places, most of them short, in arrays that they share: a chain is a link, and each link names the next.
 *
 *   link   place f64 | next i32 (-1: none; of a free one: the next free one)      12 bytes
 *
 * Trade: the arrays are as large as the most that they ever held since they were empty.
 */
const CAPACITY_MIN = 256
/** Of a chain that holds nothing. */
export const NO_LINK = -1

export interface Chain {
  first: number
  last: number
}

export class PlaceChains {
  /** Places in all chains. */
  size = 0
  private places = new Float64Array(CAPACITY_MIN)
  private nexts = new Int32Array(CAPACITY_MIN)
  private free = NO_LINK
  /** Links from here on were never used. */
  private end = 0

  isEmpty(chain: Chain): boolean {
    return chain.first === NO_LINK
  }

  push(chain: Chain, place: number): void {
    const link = this.take()
    this.places[link] = place
    this.nexts[link] = NO_LINK
    if (chain.first === NO_LINK) chain.first = link
    else this.nexts[chain.last] = link
    chain.last = link
    this.size++
  }

  /** Takes out the first; there must be one. */
  shift(chain: Chain): number {
    const link = chain.first
    const place = this.places[link]
    chain.first = this.nexts[link]
    this.nexts[link] = this.free
    this.free = link
    if (--this.size === 0) this.clear()
    return place
  }

  /** Takes out the places for which `keep` answers false. */
  filter(chain: Chain, keep: (place: number) => boolean): void {
    const { last } = chain
    for (let link = chain.first, before = NO_LINK; link !== NO_LINK; ) {
      const next = this.nexts[link]
      if (keep(this.places[link])) before = link
      else {
        if (before === NO_LINK) chain.first = next
        else this.nexts[before] = next
        if (link === last) chain.last = before
        this.nexts[link] = this.free
        this.free = link
        this.size--
      }
      link = next
    }
    if (this.size === 0) this.clear()
  }

  private take(): number {
    const link = this.free
    if (link !== NO_LINK) {
      this.free = this.nexts[link]
      return link
    }
    if (this.end === this.places.length) this.grow()
    return this.end++
  }

  private grow(): void {
    const { places, nexts } = this
    this.places = new Float64Array(places.length * 2)
    this.nexts = new Int32Array(nexts.length * 2)
    this.places.set(places)
    this.nexts.set(nexts)
  }

  private clear(): void {
    this.free = NO_LINK
    this.end = 0
    if (this.places.length === CAPACITY_MIN) return
    this.places = new Float64Array(CAPACITY_MIN)
    this.nexts = new Int32Array(CAPACITY_MIN)
  }
}
