/**
 * Sender-selected distribution (headers CC and BCC) is not implemented; a message that asks for it is refused, since
 * routing it by its routing key alone would lose the copies.
 */
import { Refusal } from '../broker/refusal.ts'
import { decodeTable } from '../wire/amqp/field-table.ts'

const C = 0x43
const B = 0x42

/** @throws Refusal not-implemented */
export function refuseSenderSelected(buf: Uint8Array, pos: number, len: number): void {
  if (!mayHold(buf, pos + 4, pos + len)) return
  const table = decodeTable(buf, pos, pos + len)
  for (const name of ['CC', 'BCC']) {
    if (table[name] !== undefined) {
      throw new Refusal('not-implemented', `header '${name}' (sender-selected distribution) is not implemented`)
    }
  }
}

/** Whether the bytes of a key `CC` or `BCC` occur at all: a cheap look, so that most tables are never decoded. */
function mayHold(buf: Uint8Array, from: number, to: number): boolean {
  for (let i = from + 1; i < to - 1; i++) {
    if (buf[i] !== C || buf[i + 1] !== C) continue
    if (buf[i - 1] === 2 || (buf[i - 1] === B && buf[i - 2] === 3)) return true
  }
  return false
}
