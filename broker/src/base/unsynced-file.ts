/**
 * A file as the page cache sees it and as the disk would show it after a power cut. Between two syncs every page keeps
 * all its versions: the cache may write a page out at any moment, so that each of its sectors may come back as any of
 * them. A sector is written whole or not at all, hence a torn write never hurts what is synced beside it; only a sector
 * that one write fills entirely may come back as noise.
 */
import { PAGE_BYTES, Pages } from './pages.ts'
import type { SeededRandom } from './random.ts'

const SECTOR_BYTES = 512

interface PageVersion {
  sequence: number
  page: Uint8Array | undefined
  /** The part of the page that the write filled. */
  from: number
  to: number
}

interface SizeVersion {
  sequence: number
  size: number
}

/** What becomes of the unsynced: all lost, all kept, kept up to a moment, or every sector for itself. */
const FATES = ['lost', 'kept', 'ordered', 'mixed'] as const

export class UnsyncedFile {
  readonly live: Pages
  readonly durable: Pages
  readonly #pages = new Map<number, PageVersion[]>()
  #sizes: SizeVersion[] = []

  constructor(content = new Pages()) {
    this.live = content
    this.durable = content.copy()
  }

  get isSynced(): boolean {
    return this.#pages.size === 0 && this.#sizes.length === 0
  }

  write(bytes: Uint8Array, position: number, sequence: number): void {
    const before = this.live.size
    this.live.write(bytes, position, (number, from, to) => this.#remember(number, { sequence, from, to }))
    if (this.live.size !== before) this.#sizes.push({ sequence, size: this.live.size })
  }

  /** The pages it touches, and the size, are durable at once; older versions of other pages are not. */
  writeThrough(bytes: Uint8Array, position: number): void {
    this.live.write(bytes, position, (number) => {
      this.durable.replacePage(number, this.live.page(number))
      this.#pages.delete(number)
    })
    this.#sizes = []
    if (this.live.size < this.durable.size) this.durable.truncate(this.live.size)
    else this.durable.size = this.live.size
  }

  truncate(size: number, sequence: number): void {
    this.live.truncate(size, (number) => this.#remember(number, { sequence, from: 0, to: 0 }))
    this.#sizes.push({ sequence, size })
  }

  /** Makes durable what happened up to `sequence`. */
  sync(sequence: number): void {
    for (const [number, versions] of this.#pages) {
      const synced = versions.findLast((version) => version.sequence <= sequence)
      if (synced === undefined) continue
      this.durable.replacePage(number, synced.page)
      const left = versions.filter((version) => version.sequence > sequence)
      if (left.length === 0) this.#pages.delete(number)
      else this.#pages.set(number, left)
    }
    const synced = this.#sizes.findLast((version) => version.sequence <= sequence)
    if (synced === undefined) return
    this.durable.size = synced.size
    this.#sizes = this.#sizes.filter((version) => version.sequence > sequence)
  }

  /** Turns one bit over, as a decaying medium would: nothing is told. */
  flip(position: number, bit: number): void {
    const byte = new Uint8Array(1)
    for (const content of [this.live, this.durable]) {
      if (content.read(byte, position) === 0) continue
      byte[0] ^= 1 << bit
      content.write(byte, position)
    }
  }

  /** What the disk holds after a power cut: the synced, and of the rest what chance kept. */
  afterPowerLoss(random: SeededRandom): UnsyncedFile {
    const content = this.durable.copy()
    const fate = random.pick(FATES)
    const cut = this.#someSequence(random)
    const latest = (version: PageVersion | SizeVersion) =>
      fate === 'kept' || (fate === 'ordered' && version.sequence <= cut) || (fate === 'mixed' && random.chance(1, 2))
    const size = this.#sizes.findLast(latest)?.size ?? this.durable.size
    for (const [number, versions] of this.#pages) {
      if (fate === 'lost') continue
      const whole = versions.findLast(latest)
      const torn = fate === 'mixed' ? random.chance(1, 2) : whole?.sequence === cut
      const page = torn ? this.#torn(number, versions, random) : whole ? whole.page : this.durable.page(number)
      content.replacePage(number, page)
    }
    content.size = Math.max(size, content.size)
    content.truncate(size)
    return new UnsyncedFile(content)
  }

  #remember(number: number, version: Omit<PageVersion, 'page'>): void {
    const versions = this.#pages.get(number)
    const remembered = { ...version, page: this.live.page(number) }
    if (versions === undefined) this.#pages.set(number, [remembered])
    else versions.push(remembered)
  }

  #someSequence(random: SeededRandom): number {
    const all = [...[...this.#pages.values()].flat(), ...this.#sizes]
    return all.length === 0 ? 0 : random.pick(all).sequence
  }

  #torn(number: number, versions: readonly PageVersion[], random: SeededRandom): Uint8Array {
    const page = new Uint8Array(PAGE_BYTES)
    for (let at = 0; at < PAGE_BYTES; at += SECTOR_BYTES) {
      const version = versions[random.below(versions.length + 1)]
      const source = version === undefined ? this.durable.page(number) : version.page
      if (source !== undefined) page.set(source.subarray(at, at + SECTOR_BYTES), at)
      const filled = version !== undefined && version.from <= at && at + SECTOR_BYTES <= version.to
      if (filled && random.chance(1, 64)) page.set(random.bytes(SECTOR_BYTES), at)
    }
    return page
  }
}
