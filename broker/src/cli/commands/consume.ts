/**
 * `signalbox consume`: takes messages out of a queue. Each is leased, printed, and acknowledged once the system has taken
 * what was printed: a command that dies in between loses nothing, and what it had not acknowledged is delivered again.
 */
import type { Command } from 'commander'
import { ApiError, address } from '../broker-api.ts'
import { type Encoding, fieldsOf, messageText } from '../messages/message-text.ts'
import { printed } from '../messages/printed.ts'
import { wholeNumber } from '../quantities.ts'
import { onBroker, type Session } from '../session.ts'
import { peek } from './peek.ts'

interface Options {
  readonly follow?: boolean
  readonly count?: number
  /** False with `--no-ack`. */
  readonly ack: boolean
  readonly peek?: boolean
  readonly raw?: boolean
}

interface Received {
  readonly lease: string
  readonly lease_until: number
  readonly exchange: string
  readonly routing_key: string
  readonly redelivered: boolean
  readonly delivery_count: number
  readonly payload_bytes: number
  readonly payload: unknown
  readonly payload_encoding: Encoding
  readonly properties: Readonly<Record<string, unknown>>
}

const PAGE = 100
const WAIT_MS = 30_000
/** Longer than a page takes to be printed, unless its reader stands still. */
const LEASE_MS = 60_000
const PEEK_LIMIT = 10

export function define(command: Command): void {
  command
    .description(
      'Takes messages out of a queue and prints them. Each is acknowledged when it was printed, and is delivered again if ' +
        'that does not come about. Without --follow it ends when the queue is empty.',
    )
    .argument('<queue>')
    .option('-f, --follow', 'waits for more, until it is interrupted')
    .option('-n, --count <number>', 'ends after so many messages', wholeNumber)
    .option('--no-ack', 'messages are done with before they are printed: what is not printed is lost')
    .option('--peek', 'prints them and leaves them where they are, as `peek` does')
    .option('--raw', 'prints payloads alone, byte for byte, a line end behind each')
  onBroker(command, async (session, options: Options, queue: string) => {
    if (!options.peek) return consume(session, options, queue)
    if (options.follow) command.error('error: --peek takes nothing, and so there is nothing to --follow')
    if (!options.ack) command.error('error: --peek takes nothing, and so there is nothing to acknowledge')
    const { raw = false, count: limit = PEEK_LIMIT } = options
    await peek(session, queue, { raw, limit })
  })
}

async function consume(session: Session, options: Options, queue: string): Promise<void> {
  const { follow = false, count = Number.POSITIVE_INFINITY } = options
  const { signal } = session
  const reader = new QueueReader(session, queue, options)
  for (let left = count; left > 0 && !signal.aborted; ) {
    const messages = await reader.receive(Math.min(left, PAGE), follow ? WAIT_MS : 0)
    if (messages.length === 0 && !follow) return
    if (messages.length > 0) await reader.print(messages)
    left -= messages.length
  }
}

class QueueReader {
  private readonly session: Session
  private readonly path: string
  private readonly options: Options

  constructor(session: Session, queue: string, options: Options) {
    this.session = session
    this.path = address`/v1/vhosts/${session.vhost}/queues/${queue}`
    this.options = options
  }

  /** Nothing when it is interrupted. */
  async receive(max: number, waitMs: number): Promise<readonly Received[]> {
    const { api, out, signal } = this.session
    const asked = { max, wait_ms: waitMs, lease_ms: LEASE_MS, as_text: !out.json }
    try {
      return (await api.post<{ messages: Received[] }>(`${this.path}/receive`, asked)).messages
    } catch (error) {
      if (signal.aborted) return []
      throw error
    }
  }

  async print(messages: readonly Received[]): Promise<void> {
    const { out, signal } = this.session
    const { raw = false, ack } = this.options
    const leases = messages.map(({ lease }) => lease)
    if (signal.aborted) return this.settle('nack', leases)
    if (!ack) await this.settle('ack', leases)
    try {
      await printed(Buffer.concat(messages.map((message) => textOf(out, raw, message))))
    } catch (error) {
      if (ack) await this.settle('nack', leases)
      throw error
    }
    if (ack) await this.settle('ack', leases)
  }

  /** Also after an interruption: what was printed is to be acknowledged. */
  private async settle(how: 'ack' | 'nack', leases: readonly string[]): Promise<void> {
    const { api, out } = this.session
    try {
      const { gone } = await api.finishing().post<{ gone: string[] }>(`${this.path}/${how}`, { leases })
      if (gone.length > 0) out.note(tooLate(gone.length))
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 410)) throw error
      out.note(tooLate(leases.length))
    }
  }
}

function tooLate(count: number): string {
  return `${count} messages were printed too late to be acknowledged and will be delivered again`
}

function textOf(out: Session['out'], raw: boolean, message: Received): Buffer {
  const { lease: _, lease_until: __, ...value } = message
  const { exchange, routing_key, redelivered, delivery_count, payload, payload_encoding, properties } = message
  const again = delivery_count > 0 ? `redelivered, came back ${delivery_count} times` : 'redelivered'
  return messageText(out, raw, value, {
    head: [`${exchange || '(default exchange)'} → ${routing_key}`, ...(redelivered ? [again] : [])],
    fields: fieldsOf(properties),
    payload,
    encoding: payload_encoding,
    payloadBytes: message.payload_bytes,
  })
}
