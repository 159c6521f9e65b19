/** What a command publishes: where to, under which key, with which headers and properties. */
import { isUtf8 } from 'node:buffer'
import { type Command, InvalidArgumentError } from 'commander'
import { address } from '../broker-api.ts'
import { argumentsFrom, textsFrom, wholeNumber } from '../quantities.ts'

export interface OutgoingOptions {
  readonly queue?: string
  readonly exchange?: string
  readonly key?: string
  readonly header?: Readonly<Record<string, unknown>>
  readonly property?: Readonly<Record<string, string>>
  readonly file?: string
}

const PROPERTIES = [
  'content_type',
  'content_encoding',
  'delivery_mode',
  'priority',
  'correlation_id',
  'reply_to',
  'expiration',
  'message_id',
  'timestamp',
  'type',
  'user_id',
  'app_id',
  'cluster_id',
]
const NUMBERS = ['delivery_mode', 'priority', 'timestamp']

export function outgoingOptions(command: Command): Command {
  return command
    .option('-q, --queue <name>', 'to this queue')
    .option('-x, --exchange <name>', 'to this exchange')
    .option('-k, --key <text>', 'the routing key')
    .option(
      '-H, --header <name=value>',
      'a header; a value that is JSON is taken as such (may be repeated)',
      argumentsFrom,
    )
    .option('-P, --property <name=value>', `one of ${PROPERTIES.join(', ')} (may be repeated)`, property)
    .option('--file <path>', 'the payload is in this file; - is stdin')
}

function property(text: string, before: Record<string, string> = {}): Record<string, string> {
  const name = text.split('=')[0]!
  if (!PROPERTIES.includes(name)) throw new InvalidArgumentError(`The properties are ${PROPERTIES.join(', ')}.`)
  if (NUMBERS.includes(name)) wholeNumber(text.slice(name.length + 1))
  return textsFrom(text, before)
}

/** The address below which a queue or an exchange is published to. Wrong usage ends the command. */
export function destinationOf(command: Command, vhost: string, { queue, exchange, key }: OutgoingOptions): string {
  if ((queue === undefined) === (exchange === undefined)) {
    const hasTopic = command.options.some(({ long }) => long === '--topic')
    command.error(`error: one of --queue${hasTopic ? ', --exchange and --topic' : ' and --exchange'} is needed`)
  }
  if (queue === undefined) return address`/v1/vhosts/${vhost}/exchanges/${exchange! === '' ? 'amq.default' : exchange!}`
  if (key !== undefined) command.error('error: a message for a queue has no --key')
  return address`/v1/vhosts/${vhost}/queues/${queue}`
}

/** A body as JSON carries it: text where it is some. */
export function carried(body: Buffer): { payload: string; payload_encoding: 'string' | 'base64' } {
  if (isUtf8(body)) return { payload: body.toString(), payload_encoding: 'string' }
  return { payload: body.toString('base64'), payload_encoding: 'base64' }
}

/** Objects and arrays of JSON say that they are, unless told what they are. */
export function contentOf(body: Buffer, { header, property = {} }: OutgoingOptions) {
  const properties: Record<string, unknown> = { ...property }
  for (const name of NUMBERS) if (name in property) properties[name] = Number(property[name])
  if (properties.content_type === undefined && isJson(body)) properties.content_type = 'application/json'
  return { ...carried(body), properties, ...(header !== undefined && { headers: header }) }
}

const BRACES = /^\s*[[{]/

function isJson(body: Buffer): boolean {
  if (!BRACES.test(body.toString('latin1', 0, 64))) return false
  try {
    JSON.parse(body.toString())
    return true
  } catch {
    return false
  }
}
