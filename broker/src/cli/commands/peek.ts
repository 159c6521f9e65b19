/** `signalbox peek`: shows messages of a queue and takes none; consumers do not notice, nothing is redelivered. */
import type { Command } from 'commander'
import { systemClock } from '../../base/clock.ts'
import {
  type Browsed,
  browse,
  type Filter,
  filterOptions,
  isFilter,
  messageCount,
  searching,
} from '../messages/browse.ts'
import { fieldsOf, messageText } from '../messages/message-text.ts'
import { printed } from '../messages/printed.ts'
import { momentMs, sizeBytes, wholeNumber } from '../quantities.ts'
import { onBroker, type Session } from '../session.ts'

interface Options extends Filter {
  readonly limit: number
  readonly since?: number
  readonly bodyBytes?: number
  readonly raw?: boolean
}

const LIMIT = 10
const PAGE = 100
const BODY_BYTES = 4096
/** Raw payloads are whole. */
const RAW_BYTES = 64 << 20

export function define(command: Command): void {
  command
    .description(
      'Shows messages of a queue without taking them, from its front on; also those that a client holds or that are set ' +
        'aside. What is searched for is found in the whole queue.',
    )
    .argument('<queue>')
    .option('-n, --limit <number>', 'messages at most', wholeNumber, LIMIT)
    .option('--since <moment>', 'those that arrived then or later: -1h, 2026-11-23T07:00:00Z', (text) =>
      momentMs(text, systemClock.now()),
    )
    .option('--body-bytes <size>', 'of each body at most', sizeBytes)
    .option('--raw', 'prints payloads alone, byte for byte, a line end behind each')
  filterOptions(command)
  onBroker(command, (session, options: Options, queue: string) => peek(session, queue, options))
}

export async function peek(session: Session, queue: string, options: Options): Promise<void> {
  const { out, signal } = session
  const { limit, raw = false, bodyBytes = raw ? RAW_BYTES : BODY_BYTES, since, ...filter } = options
  const search = isFilter(filter) ? searching(await messageCount(session, queue)) : null
  const asked = {
    limit: Math.max(1, Math.min(limit, PAGE)),
    bodyBytes,
    ...pick(filter),
    ...(since !== undefined && { since }),
  }
  let left = limit
  try {
    for await (const messages of browse(session, queue, asked, search?.looked)) {
      const shown = messages.slice(0, left)
      await printed(Buffer.concat(shown.map((message) => textOf(out, raw, message))))
      left -= shown.length
      if (left === 0 || signal.aborted) break
    }
  } finally {
    search?.stop()
  }
  if (left < limit || limit === 0 || out.json) return
  out.note(isFilter(filter) || since !== undefined ? 'nothing found' : 'the queue is empty')
}

function pick({ key, header, text }: Filter): Filter {
  return {
    ...(key !== undefined && { key }),
    ...(header !== undefined && { header }),
    ...(text !== undefined && { text }),
  }
}

function textOf(out: Session['out'], raw: boolean, message: Browsed): Buffer {
  const { place, exchange, routing_key, arrival, expires, due, state, delivery_count: count } = message
  return messageText(out, raw, message, {
    head: [
      `#${place}`,
      `${exchange || '(default exchange)'} → ${routing_key}`,
      new Date(arrival).toISOString(),
      ...(state === 'ready' ? [] : [due === null ? state : `${state} until ${new Date(due).toISOString()}`]),
      ...(expires === null ? [] : [`expires ${new Date(expires).toISOString()}`]),
      ...(count > 0 ? [`came back ${count} times`] : []),
    ],
    fields: fieldsOf(message.properties),
    payload: message.payload,
    encoding: message.payload_encoding,
    payloadBytes: message.payload_bytes,
    truncated: message.truncated,
  })
}
