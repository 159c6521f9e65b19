/** A consumer of a stream without a protocol: it has credit, and notes what it is given. */
import { type Headers, noHeaders } from '../../src/broker/routing/headers.ts'
import { streamReaderOptions } from '../../src/broker/stream/consume-arguments.ts'
import type { StreamQueue } from '../../src/broker/stream/stream-queue.ts'
import { StreamReader, type StreamTaker } from '../../src/broker/stream/stream-reader.ts'
import type { MessageView } from '../../src/record/message.ts'
import type { TopicWorld } from '../topic/harness.ts'

export class Taker implements StreamTaker {
  readonly bodies: string[] = []
  readonly offsets: number[] = []
  credit: number
  isCancelled = false
  readonly reader: StreamReader

  constructor(stream: StreamQueue, args: Headers = noHeaders, credit = Number.POSITIVE_INFINITY) {
    this.credit = credit
    this.reader = new StreamReader(stream, this, streamReaderOptions(stream, args))
    this.reader.subscribe()
    this.reader.begin()
  }

  get wantsMore(): boolean {
    return this.credit > 0
  }

  take({ buffer, bodyPos, bodyLen, bodyParts, offset }: MessageView): void {
    this.credit--
    this.offsets.push(offset)
    const body = bodyParts === null ? buffer.subarray(bodyPos, bodyPos + bodyLen) : Buffer.concat(bodyParts)
    this.bodies.push(Buffer.from(body).toString())
  }

  cancelled(): void {
    this.isCancelled = true
  }

  /** Settles these offsets, each of which gives credit. */
  settle(...offsets: number[]): void {
    for (const offset of offsets) {
      this.credit++
      this.reader.settled(offset)
    }
    this.reader.wake()
  }
}

export const FIRST: Headers = { 'x-stream-offset': 'first' }

export function streamOf(world: TopicWorld, name: string): StreamQueue {
  const stream = world.broker.vhost('/').streamQueues.get(name)
  if (stream === undefined) throw new Error(`no stream ${name}`)
  return stream
}

export function declareStream(world: TopicWorld, name: string, args: Headers = noHeaders): StreamQueue {
  const options = { name, durable: true, autoDelete: false, exclusiveTo: null }
  world.broker.vhost('/').declareQueueOrStream({ ...options, arguments: { 'x-queue-type': 'stream', ...args } }, null)
  return streamOf(world, name)
}
