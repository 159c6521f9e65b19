// Headers that cannot be read end the connection of their publisher, and of nobody who would get them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { areEntries } from '../../src/wire/amqp/field-size.ts'
import { decodeTable, encodeTable } from '../../src/wire/amqp/field-table.ts'
import { FrameSyntaxError } from '../../src/wire/amqp/syntax-error.ts'
import * as arbitrary from '../wire/arbitrary.ts'
import { bytes } from '../wire/hex.ts'
import { World } from './session-harness.ts'

/** A content header frame of channel 1 with an empty body and these properties. */
function headerFrame(properties: Uint8Array): Buffer {
  const frame = Buffer.alloc(7 + 12 + properties.length + 1)
  frame[0] = 2
  frame.writeUInt16BE(1, 1)
  frame.writeUInt32BE(12 + properties.length, 3)
  frame.writeUInt16BE(60, 7)
  frame.set(properties, 19)
  frame[frame.length - 1] = 0xce
  return frame
}

test('their publisher is told so, and no queue has them', async () => {
  for (const block of [
    '2000 00000004 01 61 5a 01',
    '2000 00000007 01 61 6c 00 00 00 00',
    '2000 00000003 09 61 56',
    '2000 0000000b 01 61 46 00000004 01 62 3f 00',
    '2000 00000008 01 61 41 00000001 5a',
  ]) {
    const world = await World.open()
    const peer = await world.connect()
    await peer.ask(1, 'queue.declare', { queue: 'q' })
    peer.send(1, 'basic.publish', { exchange: '', routingKey: 'q' })
    peer.write(headerFrame(bytes(block)))
    await world.settle()
    const { replyCode, replyText } = peer.expect('connection.close', 0).args
    assert.deepEqual([replyCode, replyText], [502, 'SYNTAX_ERROR - malformed headers'], block)
    assert.equal(world.queue('q')!.ready, 0)
  }
})

test('what can be decoded is told from what cannot, without decoding it', () => {
  /** Names that are no UTF-8 can be read by those who do not ask for UTF-8; then it does not matter. */
  const isDecoded = (table: Uint8Array): boolean | null => {
    try {
      decodeTable(table, 0, table.length)
      return true
    } catch (error) {
      assert.ok(error instanceof FrameSyntaxError)
      return error.message.includes('not UTF-8') ? null : false
    }
  }
  const check = (table: Uint8Array): void => {
    const decoded = isDecoded(table)
    if (decoded === null) return
    assert.equal(areEntries(table, 4, table.length), decoded, Buffer.from(table).toString('hex'))
  }
  const damaged = fc.tuple(arbitrary.typedTable, fc.nat(), fc.nat(255)).map(([given, at, octet]) => {
    const table = encodeTable(given)
    if (table.length > 4) table[4 + (at % (table.length - 4))] = octet
    return table
  })
  fc.assert(fc.property(damaged, check), { numRuns: 5000 })
  for (const depth of [62, 63, 64, 65, 66, 67]) {
    let inner = Buffer.alloc(0)
    for (let i = 0; i < depth; i++) {
      const size = Buffer.alloc(4)
      size.writeUInt32BE(inner.length)
      inner = Buffer.concat([Buffer.from([0, 0x46]), size, inner])
    }
    const size = Buffer.alloc(4)
    size.writeUInt32BE(inner.length)
    const table = Buffer.concat([size, inner])
    check(table)
  }
})
