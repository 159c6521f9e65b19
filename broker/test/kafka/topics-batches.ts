/** Record batches as a producer makes them, and how a test sends them. */
import assert from 'node:assert/strict'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import { produce } from '../../src/wire/kafka/messages/produce.ts'
import type { Peer } from './world.ts'

export interface SentRecord {
  readonly value: string
  readonly timestamp: number
}

export interface FromProducer {
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
}

export function batchOf(records: readonly SentRecord[], producer: FromProducer = {}): Uint8Array {
  const builder = new BatchBuilder()
  for (const [offset, { value, timestamp }] of records.entries()) {
    builder.append({ offset, timestamp, key: Buffer.from('k'), value: [Buffer.from(value)], headers: [] })
  }
  return builder.finish({ leaderEpoch: -1, ...producer })
}

/** @returns the offset of the first record */
export async function send(
  peer: Peer,
  name: string,
  index: number,
  records: readonly SentRecord[],
  producer?: FromProducer,
): Promise<number> {
  const partitionData = [{ index, records: batchOf(records, producer) }]
  const { responses } = await peer.ask(produce, 9, { acks: -1, timeoutMs: 1000, topicData: [{ name, partitionData }] })
  const [answer] = responses[0].partitionResponses
  assert.equal(answer.errorCode, 0, answer.errorMessage ?? '')
  return answer.baseOffset
}
