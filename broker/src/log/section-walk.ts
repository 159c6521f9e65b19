/** Takes entries apart into sections, and joins the fragments of a message that runs over several. */
import { Damage } from './damage.ts'
import { FRAGMENT_FIRST, FRAGMENT_LAST, readU64, SECTION_HEAD_BYTES, SectionKind } from './section.ts'

/** A section with its head at `at`; `length` counts what follows the head. Valid during the call. */
export interface SectionVisitor {
  /** `more` holds the body's further pieces if the section came in fragments. */
  message(bytes: Buffer, view: DataView, at: number, length: number, more: readonly Uint8Array[]): void
  /** `parts` hold record batches, together. */
  batches(logId: number, parts: readonly Uint8Array[]): void
  other(kind: number, logId: number, bytes: Buffer, view: DataView, at: number, length: number): void
}

export class SectionWalk {
  private first: Buffer | null = null
  private more: Uint8Array[] = []
  private readonly visitor: SectionVisitor

  constructor(visitor: SectionVisitor) {
    this.visitor = visitor
  }

  /** Before another walk: what the last one left unfinished has no end in this one. */
  begin(): void {
    this.first = null
    this.more = []
  }

  /** @throws Damage if the sections do not fill the entry. */
  walk(file: string, entryNumber: number, bytes: Buffer, view: DataView, from: number, to: number): void {
    let at = from
    while (at < to) {
      const length = at + SECTION_HEAD_BYTES <= to ? view.getUint32(at + 4) : to
      const next = at + SECTION_HEAD_BYTES + length
      if (next > to) throw new Damage(file, `entry ${entryNumber} holds a section that is longer than the entry`)
      const kind = bytes[at]
      if (kind === SectionKind.message || kind === SectionKind.carry || kind === SectionKind.batch) {
        this.message(bytes, view, at, length)
      } else this.visitor.other(kind, readU64(view, at + 8), bytes, view, at, length)
      at = next
    }
  }

  private message(bytes: Buffer, view: DataView, at: number, length: number): void {
    const flags = bytes[at + 1]
    const isFirst = (flags & FRAGMENT_FIRST) !== 0
    const isLast = (flags & FRAGMENT_LAST) !== 0
    if (isFirst) {
      this.first = null
      this.more = []
      if (isLast) this.tell(bytes, view, at, length)
      else this.first = Buffer.from(bytes.subarray(at, at + SECTION_HEAD_BYTES + length))
      return
    }
    if (this.first === null) return
    const from = at + SECTION_HEAD_BYTES
    this.more.push(Buffer.from(bytes.subarray(from, from + length)))
    if (!isLast) return
    const whole = this.first
    this.first = null
    const head = new DataView(whole.buffer, whole.byteOffset, whole.length)
    this.tell(whole, head, 0, whole.length - SECTION_HEAD_BYTES)
  }

  private tell(bytes: Buffer, view: DataView, at: number, length: number): void {
    if (bytes[at] !== SectionKind.batch) {
      this.visitor.message(bytes, view, at, length, this.more)
      return
    }
    const from = at + SECTION_HEAD_BYTES
    this.visitor.batches(readU64(view, at + 8), [bytes.subarray(from, from + length), ...this.more])
  }
}
