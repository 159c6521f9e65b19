/** Queues fed by topics: what stands in them, and records to put into topics. */
import assert from 'node:assert/strict'
import type { Queue } from '../../src/broker/queue/queue.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import type { Partition } from '../../src/broker/topic/partition.ts'
import { Attribute } from '../../src/record/batch.ts'
import { BatchBuilder } from '../../src/record/batch-builder.ts'
import type { TopicWorld } from './harness.ts'

export interface Produced {
  readonly key?: string
  readonly value: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Fed {
  readonly exchange: string
  readonly key: string
  readonly body: string
  readonly headers: Headers | null
  readonly redelivered: boolean
}

export function declareQueue(world: TopicWorld, name: string, args: Headers = {}): Queue {
  const options = { name, durable: true, autoDelete: false, exclusiveTo: null, arguments: args }
  return world.broker.vhost('/').declareQueue(options, null)
}

/** Appends one batch. @param producerId of an open transaction */
export async function produce(
  world: TopicWorld,
  partition: Partition,
  records: readonly Produced[],
  producerId = -1,
  baseSequence = 0,
): Promise<void> {
  const builder = new BatchBuilder()
  for (const [offset, { key, value, headers = {} }] of records.entries()) {
    builder.append({
      offset,
      timestamp: world.clock.now(),
      key: key === undefined ? null : Buffer.from(key),
      value: [Buffer.from(value)],
      headers: Object.entries(headers).map(([name, text]) => ({ key: Buffer.from(name), value: Buffer.from(text) })),
    })
  }
  const transactional = { attributes: Attribute.transactional, producerId, producerEpoch: 0, baseSequence }
  const batch = builder.finish({ leaderEpoch: 0, ...(producerId >= 0 && transactional) })
  const { error, errorMessage } = partition.append(batch, world.clock.now())
  assert.equal(error, null, `${errorMessage}`)
  await world.settle()
}

export async function endTransaction(
  world: TopicWorld,
  partition: Partition,
  producerId: number,
  commit: boolean,
): Promise<void> {
  partition.appendMarker(producerId, 0, 0, commit, world.clock.now())
  await world.settle()
}

/** Takes everything out of the queue. */
export async function drain(world: TopicWorld, queue: Queue): Promise<Fed[]> {
  const { properties } = world.broker
  const all: Fed[] = []
  for (;;) {
    const result = queue.get(true, (view, redelivered) => {
      const text = (pos: number, length: number) => Buffer.from(view.buffer.subarray(pos, pos + length)).toString()
      all.push({
        exchange: text(view.exchangePos, view.exchangeLen),
        key: text(view.keyPos, view.keyLen),
        body: view.bodyParts === null ? text(view.bodyPos, view.bodyLen) : Buffer.concat(view.bodyParts).toString(),
        headers: properties.headers(view.buffer, view.propertiesPos, view.propertiesLen),
        redelivered,
      })
    })
    if (result === 'empty') return all
    if (result === 'wait') await world.settle()
  }
}

export async function bodies(world: TopicWorld, queue: Queue): Promise<string[]> {
  return (await drain(world, queue)).map(({ body }) => body)
}
