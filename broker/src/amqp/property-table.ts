/** The properties of a message as a table in the headers of another, types as on the wire: what the firehose sends. */
import { decodeTableTyped, type Typed, type TypedTable, typed } from '../wire/amqp/field-table.ts'
import { decodeProperties, PropertyScan } from '../wire/amqp/properties.ts'
import { FrameSyntaxError } from '../wire/amqp/syntax-error.ts'

const scan = new PropertyScan()

/** Those that are set, under their names in the specification; none if they are garbled. */
export function propertyTable(bytes: Uint8Array, pos: number, length: number): TypedTable {
  try {
    return read(bytes, pos, pos + length)
  } catch (error) {
    if (error instanceof FrameSyntaxError) return []
    throw error
  }
}

function read(bytes: Uint8Array, pos: number, end: number): TypedTable {
  const table: [string, Typed][] = []
  for (const [name, value] of Object.entries(decodeProperties(bytes, pos, end))) {
    if (value === undefined || name === 'headers') continue
    const wire = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (name === 'timestamp') table.push([wire, typed('l', value as number | bigint)])
    else table.push([wire, typeof value === 'number' ? typed('I', value) : typed('S', value as string)])
  }
  const headers = headerTable(bytes, pos, end)
  if (headers !== null) table.push(['headers', typed('F', headers)])
  return table
}

function headerTable(bytes: Uint8Array, pos: number, end: number): TypedTable | null {
  scan.scan(bytes, pos, end)
  return scan.headersPos < 0 ? null : decodeTableTyped(bytes, scan.headersPos, scan.headersPos + scan.headersLen)
}
