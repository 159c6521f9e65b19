/** What a partition takes from producers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeInt32 } from '../../src/base/bytes.ts'
import { crc32c } from '../../src/base/crc32c.ts'
import { Field } from '../../src/record/batch.ts'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import { TopicWorld } from './harness.ts'

function batch(): Uint8Array {
  const builder = new BatchBuilder()
  builder.append({ offset: 0, timestamp: 1, key: null, value: [Buffer.from('x')], headers: [] })
  return builder.finish({ leaderEpoch: 0 })
}

function with64Bits(field: number): Uint8Array {
  const bytes = batch()
  bytes.fill(0x7f, field, field + 8)
  writeInt32(bytes, Field.crc, crc32c(bytes, Field.attributes))
  return bytes
}

test('what a producer says of its offsets means nothing', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('t').partitions
  const { error, baseOffset } = partition!.append(with64Bits(Field.baseOffset), world.clock.now())
  assert.deepEqual([error, baseOffset, partition!.log.endOffset], [null, 0, 1])
})

test('numbers that cannot be kept are refused', async () => {
  const world = await TopicWorld.open()
  const [partition] = world.create('t').partitions
  for (const field of [Field.producerId, Field.baseTimestamp, Field.maxTimestamp]) {
    const { error, errorMessage } = partition!.append(with64Bits(field), world.clock.now())
    assert.equal(error, 'invalid-record')
    assert.match(errorMessage!, /beyond 2\^53/)
  }
  assert.equal(partition!.log.endOffset, 0)
})
