/** `signalbox tail`: the records of a topic or a stream, from a time or an offset on, and those that come. */
import { type Command, InvalidArgumentError } from 'commander'
import { systemClock } from '../../base/clock.ts'
import { messageText, octetsOf } from '../messages/message-text.ts'
import { printed } from '../messages/printed.ts'
import { type TopicRecord, TopicRecords } from '../messages/topic-records.ts'
import { type Start, startFrom, wholeNumber } from '../quantities.ts'
import { onBroker, type Session } from '../session.ts'

interface Options {
  readonly from?: Start
  readonly follow?: boolean
  readonly partition?: number
  readonly key?: string
  readonly grep?: RegExp
  readonly header?: string
  readonly limit?: number
  readonly raw?: boolean
}

/** What is shown of each partition without --from. */
const LAST: Start = { offset: -10 }

export function define(command: Command): void {
  command
    .description(
      'Shows the records of a topic or a stream, of all partitions by their time, and takes nothing. Without --follow it ' +
        'ends with the last record there is.',
    )
    .argument('<topic>')
    .option(
      '--from <start>',
      'a moment (-1h, 2026-11-23T07:00:00Z), an offset, the last so many of each partition (-100), earliest or latest (default: -10, with --follow latest)',
      (text) => startFrom(text, systemClock.now()),
    )
    .option('-f, --follow', 'goes on with what comes, until it is interrupted')
    .option('--partition <number>', 'this partition alone', wholeNumber)
    .option('-k, --key <text>', 'those with this in their key')
    .option('-H, --header <name[=value]>', 'those with this header')
    .option('--grep <pattern>', 'those whose value matches this regular expression', pattern)
    .option('-n, --limit <number>', 'ends after so many records', wholeNumber)
    .option('--raw', 'prints values alone, byte for byte, a line end behind each')
  onBroker(command, (session, options: Options, topic: string) => tail(session, topic, options))
}

function pattern(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (error) {
    throw new InvalidArgumentError(`${(error as Error).message}.`)
  }
}

async function tail(session: Session, topic: string, options: Options): Promise<void> {
  const { out, signal } = session
  const { follow = false, raw = false, from = follow ? 'latest' : LAST, limit = Number.POSITIVE_INFINITY } = options
  const records = new TopicRecords(session, topic, !out.json)
  let left = limit
  const show = async (source: AsyncIterable<TopicRecord>): Promise<void> => {
    for await (const record of source) {
      if (signal.aborted) return
      if (!isWanted(record, options)) continue
      await printed(textOf(out, raw, topic, record))
      if (--left === 0) return
    }
  }
  if (left === 0) return
  try {
    await show(records.history(from, options.partition))
  } catch (error) {
    if (follow && signal.aborted) return
    throw error
  }
  if (follow && left > 0) await show(records.coming())
}

function isWanted(record: TopicRecord, { partition, key, grep, header }: Options): boolean {
  if (partition !== undefined && record.partition !== partition) return false
  if (key !== undefined && !(record.key !== null && record.key_encoding === 'string' && record.key.includes(key))) {
    return false
  }
  if (header !== undefined && !hasHeader(record, header)) return false
  return (
    grep === undefined || grep.test(octetsOf({ payload: record.value, encoding: record.value_encoding }).toString())
  )
}

function hasHeader({ headers }: TopicRecord, wanted: string): boolean {
  const at = wanted.indexOf('=')
  const name = at < 0 ? wanted : wanted.slice(0, at)
  return headers.some(({ key, value }) => key === name && (at < 0 || value === wanted.slice(at + 1)))
}

function textOf(out: Session['out'], raw: boolean, topic: string, record: TopicRecord): Buffer {
  const { partition, offset, timestamp, key, value, value_encoding, headers } = record
  const shown = { payload: value, encoding: value_encoding }
  return messageText(out, raw, record, {
    head: [
      `${topic}/${partition} #${offset}`,
      new Date(timestamp).toISOString(),
      ...(key === null ? [] : [`key ${key}`]),
    ],
    fields: headers.length === 0 ? {} : { headers: Object.fromEntries(headers.map((one) => [one.key, one.value])) },
    ...shown,
    payloadBytes: octetsOf(shown).length,
  })
}
