/** `signalbox call`: publishes a request and prints the reply. */
import { type Command, Option } from 'commander'
import { payloadOf } from '../messages/input.ts'
import { type Encoding, octetsOf, payloadLines } from '../messages/message-text.ts'
import { contentOf, destinationOf, type OutgoingOptions, outgoingOptions } from '../messages/outgoing.ts'
import { printed } from '../messages/printed.ts'
import { durationMs } from '../quantities.ts'
import { onBroker } from '../session.ts'

interface Options extends OutgoingOptions {
  readonly timeout: number
  readonly raw?: boolean
}

interface Reply {
  readonly payload: unknown
  readonly payload_encoding: Encoding
  readonly properties: Readonly<Record<string, unknown>>
}

const TIMEOUT_MS = 10_000
const TIMEOUT_MS_MAX = 60_000

const timeout = new Option('--timeout <duration>', 'how long to wait, a minute at most')
  .default(TIMEOUT_MS, '10s')
  .argParser(durationMs)

export function define(command: Command): void {
  command
    .description(
      'Publishes a request and waits for the reply, which is published to its reply_to through the default exchange. The ' +
        'request expires with the time that is waited for.',
    )
    .argument('[payload]', 'the request; without it --file or stdin has it')
  outgoingOptions(command).addOption(timeout).option('--raw', 'prints the payload of the reply byte for byte')
  onBroker(command, async ({ api, vhost, out, signal }, options: Options, payload?: string) => {
    const { timeout: timeoutMs, raw, key } = options
    if (timeoutMs < 1 || timeoutMs > TIMEOUT_MS_MAX) command.error('error: --timeout is at most a minute')
    const path = `${destinationOf(command, vhost, options)}/call`
    const request = {
      ...contentOf(await payloadOf(payload, options, signal), options),
      ...(key !== undefined && { routing_key: key }),
      timeout_ms: timeoutMs,
      as_text: !out.json,
    }
    const reply = await api.post<Reply>(path, request)
    const shown = { payload: reply.payload, encoding: reply.payload_encoding }
    if (out.json) out.say('', reply)
    else await printed(raw ? octetsOf(shown) : `${payloadLines(shown).join('\n')}\n`)
  })
}
