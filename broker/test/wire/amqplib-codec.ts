import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

// amqplib's own codec, generated from the specification by other people: an independent word on every layout. The
// package does not export it, so it is loaded by its path.
const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL('.', import.meta.resolve('amqplib')))

interface Definitions {
  encodeMethod(id: number, channel: number, fields: object): Buffer
  decode(id: number, payload: Buffer): { [field: string]: unknown }
  encodeProperties(id: number, channel: number, bodySize: number, fields: object): Buffer
}

interface TableCodec {
  encodeTable(buffer: Buffer, table: object, offset: number): number
  decodeFields(fields: Buffer): { [key: string]: unknown }
}

export const definitions: Definitions = require(join(root, 'lib/defs.js'))
export const tables: TableCodec = require(join(root, 'lib/codec.js'))
