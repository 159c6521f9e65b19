/** What the protocol answers when something is wrong: the codes of AMQP 0-9-1 §1.2 for each kind of error. */
import type { RefusalCode } from '../broker/refusal.ts'
import { isHardError, ReplyCode, replyText } from '../wire/amqp/constants.ts'

/** Every refusal of the broker has its answer here. */
const REFUSALS: { readonly [C in RefusalCode]: ReplyCode } = {
  'not-found': ReplyCode.NOT_FOUND,
  'access-refused': ReplyCode.ACCESS_REFUSED,
  'resource-locked': ReplyCode.RESOURCE_LOCKED,
  'precondition-failed': ReplyCode.PRECONDITION_FAILED,
  'not-allowed': ReplyCode.NOT_ALLOWED,
  'not-implemented': ReplyCode.NOT_IMPLEMENTED,
  'content-too-large': ReplyCode.PRECONDITION_FAILED,
  'resource-error': ReplyCode.RESOURCE_ERROR,
  'internal-error': ReplyCode.INTERNAL_ERROR,
}

export function replyCodeOf(code: RefusalCode): ReplyCode {
  return REFUSALS[code]
}

/** The peer did what the protocol forbids; `hard` ends the connection, else the channel. Carries no stack: peers provoke it at will. */
export class ProtocolError extends Error {
  readonly code: ReplyCode
  readonly text: string
  readonly hard: boolean

  constructor(code: ReplyCode, explanation: string) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(explanation)
    Error.stackTraceLimit = limit
    this.code = code
    this.text = replyText(code, explanation)
    this.hard = isHardError(code)
  }
}
