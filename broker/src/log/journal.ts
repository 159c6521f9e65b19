/**
 * The journal of one shard: entries go one behind the other into files of fixed size, each write synced. A write covers
 * a whole round; only the end of a file splits it. The next file is made ready before it is needed.
 */
import { assert } from '../base/assert.ts'
import { crc32 } from '../base/crc32c.ts'
import { type Disk, isDiskFull } from '../base/disk.ts'
import type { EntryDraft } from './arena.ts'
import type { Background } from './background.ts'
import { ENTRY_HEAD_BYTES, ENTRY_JOINED, encodeEntryHead, entryRoom, JOURNAL_BLOCK_BYTES } from './entry.ts'
import { JournalFile } from './journal-file.ts'
import type { Chain } from './journal-walk.ts'

const SPARE_FILES = 2
const SPARES_MAX = 4
const PADDING = new Uint8Array(JOURNAL_BLOCK_BYTES)

export interface JournalOptions {
  disk: Disk
  background: Background
  folder: string
  shard: number
  fileBytes: number
  storeId: Uint8Array
  /** Names this run of the broker in every entry. */
  writer: number
}

export class Journal {
  epoch = 1
  /** Of the last entry written. */
  entryNumber = 0
  private previousCrc = 0
  /** Files with entries, oldest first; the last one is being written. */
  readonly files: JournalFile[] = []
  private readonly spares: JournalFile[] = []
  private position = 0
  /** Of the file that is being written. */
  fileSeq = 0
  private filesMade = 0
  private preparing = false
  /** The disk is too full to make files ready that are not needed yet. */
  noSpace = false
  onNoSpace: () => void = () => {}
  onSpace: () => void = () => {}
  readonly folder: string
  /** Called before the file of that seq is left for the next one. */
  onRoll: (seq: number) => void = () => {}
  private readonly options: JournalOptions

  constructor(options: JournalOptions) {
    this.options = options
    this.folder = options.folder
  }

  /** Makes the first file of an empty journal. */
  async create(): Promise<void> {
    await this.options.disk.makeFolder(this.options.folder)
    const file = this.newFile()
    await file.create(false)
    await this.options.disk.syncFolder(this.options.folder)
    await this.begin(file)
  }

  /**
   * The files on disk, to be told apart by their heads. After a kill they may hold entries that only the page cache
   * knows; these are made durable before anything is built upon them.
   */
  async openFiles(): Promise<JournalFile[]> {
    const names = (await this.options.disk.list(this.options.folder)).filter((name) => name.endsWith('.jnl'))
    const files = names.map((name) => this.fileNamed(name))
    for (const file of files) {
      await file.open()
      await file.sync()
    }
    await this.options.disk.syncFolder(this.folder)
    this.filesMade = names.length === 0 ? 0 : Number.parseInt(names[names.length - 1], 10) + 1
    return files
  }

  /** Goes on behind the entry `chain` at `position` of the last of `files`. */
  resume(files: readonly JournalFile[], spares: readonly JournalFile[], position: number, chain: Chain): void {
    this.files.push(...files)
    this.spares.push(...spares)
    this.fileSeq = files[files.length - 1].seq
    this.position = position
    this.entryNumber = chain.entryNumber
    this.previousCrc = chain.crc
    this.epoch = chain.epoch + 1
  }

  get bytesWritten(): number {
    return (this.files.length - 1) * this.options.fileBytes + this.position
  }

  /**
   * Writes the entries in order; durable when it resolves if `mustSync`, else in the page cache. The bytes must not
   * change before.
   */
  async write(entries: readonly EntryDraft[], mustSync: boolean): Promise<void> {
    let parts: Uint8Array[] = []
    let from = this.position
    for (const entry of entries) {
      const room = entryRoom(entry.bytes)
      if (this.position + room > this.options.fileBytes) {
        await this.flush(parts, from, true)
        await this.roll()
        parts = []
        from = this.position
      }
      this.encode(entry, room, parts)
      this.position += room
    }
    await this.flush(parts, from, mustSync)
    this.prepare()
  }

  /** Everything written is on disk when it resolves. */
  async sync(): Promise<void> {
    if (this.current.hasUnsynced) await this.current.sync()
  }

  async close(): Promise<void> {
    for (const file of [...this.files, ...this.spares]) await file.close()
  }

  private encode(entry: EntryDraft, room: number, parts: Uint8Array[]): void {
    let bodyCrc = 0
    for (const part of entry.parts) bodyCrc = crc32(part, bodyCrc)
    const head = encodeEntryHead({
      flags: parts.length > 0 || this.current.hasUnsynced ? ENTRY_JOINED : 0,
      sections: entry.sections,
      number: ++this.entryNumber,
      epoch: this.epoch,
      shard: this.options.shard,
      fileSeq: this.fileSeq,
      writer: this.options.writer,
      length: entry.bytes,
      previousCrc: this.previousCrc,
      bodyCrc,
    })
    this.previousCrc = head.crc
    parts.push(head.bytes, ...entry.parts)
    const padding = room - ENTRY_HEAD_BYTES - entry.bytes
    if (padding > 0) parts.push(PADDING.subarray(0, padding))
  }

  private get current(): JournalFile {
    return this.files[this.files.length - 1]
  }

  private async flush(parts: Uint8Array[], from: number, mustSync: boolean): Promise<void> {
    if (parts.length > 0) await this.current.write(parts, from, this.position - from, mustSync)
    else if (mustSync && this.current.hasUnsynced) await this.current.sync()
  }

  /** Takes the files before `seq` out of use: their blocks serve again. */
  async free(seq: number): Promise<void> {
    while (this.files[0].seq < seq) {
      const file = this.files.shift()!
      if (this.spares.length < SPARES_MAX) this.spares.push(file)
      else {
        await file.close()
        await this.options.disk.remove(file.path)
      }
    }
  }

  private async roll(): Promise<void> {
    this.onRoll(this.fileSeq)
    if (this.spares.length === 0) {
      if (this.preparing) await this.options.background.idle()
      if (this.spares.length === 0) await this.addSpare()
    }
    await this.begin(this.spares[0])
    this.spares.shift()
  }

  private async begin(file: JournalFile): Promise<void> {
    this.fileSeq++
    const { storeId, shard } = this.options
    const firstEntry = this.entryNumber + 1
    await file.begin({ storeId, shard, seq: this.fileSeq, firstEntry, previousCrc: this.previousCrc })
    this.files.push(file)
    this.position = JOURNAL_BLOCK_BYTES
    assert(file.seq === this.fileSeq, 'journal file has another seq')
  }

  /** In the background: zeros ahead of the writer, and the next files once this one is in real use. */
  prepare(): void {
    if (this.preparing) return
    this.preparing = true
    this.options.background.start(async () => {
      try {
        while (await this.current.fillAhead(this.position));
        while (this.spares.length < SPARE_FILES && this.position * 4 > this.options.fileBytes) await this.addSpare()
        if (this.noSpace) this.spaceFound()
      } catch (error) {
        if (!isDiskFull(error)) throw error
        // What is filled and spare is the reserve for settles: publishers wait.
        this.noSpace = true
        this.onNoSpace()
      } finally {
        this.preparing = false
      }
    })
  }

  private spaceFound(): void {
    this.noSpace = false
    this.onSpace()
  }

  private async addSpare(): Promise<void> {
    const file = this.newFile()
    try {
      await file.create(true)
      await this.options.disk.syncFolder(this.options.folder)
    } catch (error) {
      await file.close()
      if (isDiskFull(error)) await this.options.disk.remove(file.path)
      throw error
    }
    this.spares.push(file)
  }

  private newFile(): JournalFile {
    return this.fileNamed(`${String(this.filesMade++).padStart(4, '0')}.jnl`)
  }

  private fileNamed(name: string): JournalFile {
    return new JournalFile(this.options.disk, `${this.options.folder}/${name}`, this.options.fileBytes)
  }
}
