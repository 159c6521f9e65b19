/**
 * The content of a file in memory: a size and pages of 4096 bytes, of which those that are all zero are not kept. A
 * page once stored is never changed but replaced, so that several contents can share it.
 */
export const PAGE_BYTES = 4096

const ZEROS = Buffer.alloc(PAGE_BYTES)

export class Pages {
  size = 0
  readonly #pages = new Map<number, Uint8Array>()

  /** The page, or undefined where it is all zero. */
  page(number: number): Uint8Array | undefined {
    return this.#pages.get(number)
  }

  replacePage(number: number, page: Uint8Array | undefined): void {
    if (page === undefined) this.#pages.delete(number)
    else this.#pages.set(number, page)
  }

  /** Writes over pages and grows the size; `touched` hears of every page replaced. */
  write(bytes: Uint8Array, position: number, touched?: (page: number, from: number, to: number) => void): void {
    let done = 0
    while (done < bytes.length) {
      const number = Math.floor((position + done) / PAGE_BYTES)
      const from = (position + done) % PAGE_BYTES
      const to = Math.min(PAGE_BYTES, from + bytes.length - done)
      this.replacePage(number, overwritten(this.#pages.get(number), bytes.subarray(done, done + to - from), from))
      touched?.(number, from, to)
      done += to - from
    }
    this.size = Math.max(this.size, position + bytes.length)
  }

  /** Fills `into`, up to the size; returns the bytes read. */
  read(into: Uint8Array, position: number): number {
    const length = Math.max(0, Math.min(into.length, this.size - position))
    let done = 0
    while (done < length) {
      const number = Math.floor((position + done) / PAGE_BYTES)
      const from = (position + done) % PAGE_BYTES
      const count = Math.min(PAGE_BYTES - from, length - done)
      const page = this.#pages.get(number)
      if (page === undefined) into.fill(0, done, done + count)
      else into.set(page.subarray(from, from + count), done)
      done += count
    }
    return length
  }

  /** Sets the size; what is cut off reads as zero if the file grows again. */
  truncate(size: number, touched?: (page: number) => void): void {
    const first = Math.floor(size / PAGE_BYTES)
    for (const number of this.#pages.keys()) {
      if (number < first) continue
      const page = this.#pages.get(number)!
      const kept = number === first ? size % PAGE_BYTES : 0
      this.replacePage(number, kept === 0 ? undefined : overwritten(page, ZEROS.subarray(kept), kept))
      touched?.(number)
    }
    this.size = size
  }

  copy(): Pages {
    const copy = new Pages()
    copy.size = this.size
    for (const [number, page] of this.#pages) copy.#pages.set(number, page)
    return copy
  }
}

function overwritten(old: Uint8Array | undefined, bytes: Uint8Array, from: number): Uint8Array | undefined {
  if (bytes.length === PAGE_BYTES && ZEROS.equals(bytes)) return undefined
  const page = new Uint8Array(PAGE_BYTES)
  if (old !== undefined && bytes.length < PAGE_BYTES) page.set(old)
  page.set(bytes, from)
  return ZEROS.equals(page) ? undefined : page
}
