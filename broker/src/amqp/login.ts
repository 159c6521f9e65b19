/** The SASL mechanisms of login: PLAIN (RFC 4616) and RabbitMQ's AMQPLAIN, a table without its size. */
import { ReplyCode } from '../wire/amqp/constants.ts'
import { decodeTable } from '../wire/amqp/field-table.ts'
import { ProtocolError } from './reply.ts'

export const MECHANISMS = ['PLAIN', 'AMQPLAIN'] as const

export interface Credentials {
  readonly name: string
  readonly password: string
}

/** @throws ProtocolError COMMAND_INVALID for another mechanism, SYNTAX_ERROR for a response that is none. */
export function readCredentials(mechanism: string, response: Uint8Array): Credentials {
  if (mechanism === 'PLAIN') return readPlain(response)
  if (mechanism === 'AMQPLAIN') return readAmqPlain(response)
  throw new ProtocolError(ReplyCode.COMMAND_INVALID, `unknown authentication mechanism '${mechanism}'`)
}

/** `authorisation NUL name NUL password`, the first part ignored. */
function readPlain(response: Uint8Array): Credentials {
  const parts = Buffer.from(response).toString().split('\0')
  if (parts.length !== 3) throw malformed('PLAIN')
  return { name: parts[1], password: parts[2] }
}

function readAmqPlain(response: Uint8Array): Credentials {
  const sized = new Uint8Array(response.length + 4)
  new DataView(sized.buffer).setUint32(0, response.length)
  sized.set(response, 4)
  const { LOGIN: name, PASSWORD: password } = decodeTable(sized, 0, sized.length)
  if (typeof name !== 'string' || typeof password !== 'string') throw malformed('AMQPLAIN')
  return { name, password }
}

function malformed(mechanism: string): ProtocolError {
  return new ProtocolError(ReplyCode.SYNTAX_ERROR, `response of authentication mechanism ${mechanism} is malformed`)
}
