// One side of an API, or a message inside of `bytes`: its declaration, and per version a reader and a writer that are
// made of it at first use.

import { type ReadFunction, readerOf } from './compile-reader.ts'
import { type WriteFunction, writerOf } from './compile-writer.ts'
import type { Decoded, Encodable, Fields } from './field.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

export class Message<F extends Fields> {
  readonly fields: F
  /** Infinity: never. */
  readonly flexibleFrom: number
  private readonly readers: ReadFunction[] = []
  private readonly writers: WriteFunction[] = []

  constructor(fields: F, flexibleFrom: number) {
    this.fields = fields
    this.flexibleFrom = flexibleFrom
  }

  /** @throws MalformedMessage */
  read(reader: Reader, version: number): Decoded<F> {
    const read = (this.readers[version] ??= readerOf(this.fields, version, version >= this.flexibleFrom))
    return read(reader) as Decoded<F>
  }

  write(writer: Writer, version: number, value: Encodable<F>): void {
    const write = (this.writers[version] ??= writerOf(this.fields, version, version >= this.flexibleFrom))
    write(writer, value)
  }
}
