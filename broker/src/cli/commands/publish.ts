/**
 * `signalbox publish`: one message, or one for each line of a file or of stdin. They go in batches that are durable when
 * they are answered; after an interruption the batch under way is finished, so that what was published is known.
 */
import type { Command } from 'commander'
import { address, type BrokerApi } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import { type Input, inputOf } from '../messages/input.ts'
import { shownMessages } from '../messages/message-text.ts'
import { carried, contentOf, destinationOf, type OutgoingOptions, outgoingOptions } from '../messages/outgoing.ts'
import { Progress } from '../progress.ts'
import { wholeNumber } from '../quantities.ts'
import { onBroker, type Session } from '../session.ts'

interface Options extends OutgoingOptions {
  readonly topic?: string
  readonly lines?: boolean
  readonly keySeparator?: string
  readonly transient?: boolean
  readonly mandatory?: boolean
  readonly partition?: number
  readonly batch: number
}

/** What became of one message. */
type Result = { routed: boolean } | { partition: number; offset: number } | { error: string; reason: string }

interface Target {
  /** What a call carries for one payload. */
  entry(payload: Buffer): object
  publish(api: BrokerApi, entries: readonly object[]): Promise<readonly Result[]>
}

interface Summary {
  published: number
  unrouted: number
  readonly failed: { readonly number: number; readonly error: string; readonly reason: string }[]
  /** Of the last message. */
  last?: Result
}

const BATCH = 500
const BATCH_MAX = 1000
const BATCH_BYTES = 1 << 20
const FAILURES_SHOWN = 10

export function define(command: Command): void {
  command
    .description(
      'Publishes a message, or one for each line, and waits until all are as safe as their queues and topics promise.',
    )
    .argument('[payload]', 'the payload; without it --file or stdin has it')
  outgoingOptions(command)
    .option('-t, --topic <name>', 'to this topic')
    .option('--partition <number>', "the partition of the topic; by the key's hash unless told", wholeNumber)
    .option('--lines', 'each line is a message')
    .option('--key-separator <text>', 'what stands before it in a payload is the key')
    .option('--transient', 'messages that need not survive a restart')
    .option('--mandatory', 'a message that nothing takes is an error')
    .option('--batch <number>', `messages of one call, ${BATCH_MAX} at most`, wholeNumber, BATCH)
  onBroker(command, async (session, options: Options, payload?: string) => {
    if (options.batch < 1 || options.batch > BATCH_MAX) command.error(`error: --batch is 1 to ${BATCH_MAX}`)
    const target =
      options.topic === undefined ? toMessages(command, session, options) : toTopic(command, session, options)
    await publishAll(session, target, await inputOf(payload, options, session.signal), options.batch)
  })
}

function toMessages(command: Command, { vhost }: Session, options: Options): Target {
  if (options.partition !== undefined) command.error('error: only a --topic has partitions')
  const path = `${destinationOf(command, vhost, options)}/messages`
  const { transient, mandatory, keySeparator, exchange } = options
  if (keySeparator !== undefined && exchange === undefined) command.error('error: a message for a queue has no key')
  return {
    entry(payload) {
      const [key, body] = keyAndBody(payload, options)
      return {
        ...contentOf(body, options),
        ...(key !== undefined && { routing_key: key.toString() }),
        ...(transient && { persistent: false }),
        ...(mandatory && { mandatory: true }),
      }
    },
    async publish(api, messages) {
      return (await api.post<{ results: Result[] }>(path, { messages })).results
    },
  }
}

function toTopic(command: Command, { vhost }: Session, options: Options): Target {
  const { topic = '', queue, exchange, property, transient, mandatory, header = {}, partition } = options
  if (queue !== undefined || exchange !== undefined)
    command.error('error: one of --queue, --exchange and --topic is meant')
  if (property !== undefined) command.error('error: a record of a topic has headers, and no --property')
  if (transient || mandatory) command.error('error: --transient and --mandatory are not for topics')
  const headers = Object.fromEntries(
    Object.entries(header).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  )
  return {
    entry(payload) {
      const [key, body] = keyAndBody(payload, options)
      const value = carried(body)
      const carriedKey = key === undefined ? null : carried(key)
      return {
        ...(carriedKey !== null && { key: carriedKey.payload, key_encoding: carriedKey.payload_encoding }),
        value: value.payload,
        value_encoding: value.payload_encoding,
        headers,
        ...(partition !== undefined && { partition }),
      }
    },
    async publish(api, records) {
      return (await api.post<{ records: Result[] }>(address`/v1/vhosts/${vhost}/topics/${topic}/records`, { records }))
        .records
    },
  }
}

function keyAndBody(payload: Buffer, { key, keySeparator }: Options): [Buffer | undefined, Buffer] {
  const given = key === undefined ? undefined : Buffer.from(key)
  const at = keySeparator === undefined ? -1 : payload.indexOf(keySeparator)
  if (at < 0) return [given, payload]
  return [payload.subarray(0, at), payload.subarray(at + Buffer.byteLength(keySeparator!))]
}

async function publishAll(session: Session, target: Target, { count, payloads }: Input, batch: number): Promise<void> {
  const { signal } = session
  const summary: Summary = { published: 0, unrouted: 0, failed: [] }
  const progress = count === null || count > batch ? new Progress('publishing', 'messages', count) : null
  let entries: object[] = []
  let bytes = 0
  let sent = 0
  const send = async (): Promise<void> => {
    const results = await target.publish(session.api.finishing(), entries)
    for (const result of results) counted(summary, result, ++sent)
    progress?.reach(sent)
    entries = []
    bytes = 0
  }
  try {
    for await (const payload of payloads) {
      if (signal.aborted) break
      if (payload !== null) {
        entries.push(target.entry(payload))
        bytes += payload.length
      }
      if (entries.length === batch || bytes >= BATCH_BYTES || (payload === null && entries.length > 0)) await send()
    }
    if (entries.length > 0 && !signal.aborted) await send()
  } catch (error) {
    progress?.stop()
    if (sent > 0) session.out.note(`published before that: ${summary.published} of the first ${sent} messages`)
    throw error
  }
  progress?.stop()
  report(session, summary, sent)
}

function counted(summary: Summary, result: Result, number: number): void {
  summary.last = result
  if ('error' in result) {
    summary.failed.push({ number, ...result })
    return
  }
  summary.published++
  if ('routed' in result && !result.routed) summary.unrouted++
}

function report({ out, signal }: Session, { published, unrouted, failed, last }: Summary, sent: number): void {
  if (sent === 1 && failed.length === 1) throw new CommandError(failed[0].reason)
  const place = sent === 1 && last !== undefined && 'offset' in last ? last : null
  const nowhere = unrouted > 0 ? `; nothing took ${unrouted === published ? 'it' : `${unrouted} of them`}` : ''
  const where = place === null ? '' : ` to partition ${place.partition}, offset ${place.offset}`
  out.say(`published ${shownMessages(published)}${where}${nowhere}`, { published, unrouted, failed, ...place })
  for (const { number, error, reason } of failed.slice(0, FAILURES_SHOWN))
    out.note(`message ${number}: ${error}: ${reason}`)
  if (failed.length > FAILURES_SHOWN) out.note(`and ${failed.length - FAILURES_SHOWN} more`)
  if (failed.length > 0) throw new CommandError(`${failed.length} of ${sent} messages were not published`)
  if (signal.aborted) throw new CommandError(`interrupted after ${sent} messages`)
}
