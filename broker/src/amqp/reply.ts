/** What the protocol answers when something is wrong: the codes of AMQP 0-9-1 §1.2 for each kind of error. */
import { StacklessError } from '../base/stackless-error.ts'
import { Refusal, type RefusalCode } from '../broker/refusal.ts'
import { ReplyCode, replyText } from '../wire/amqp/constants.ts'
import { FrameSyntaxError, UnknownMethodError } from '../wire/amqp/syntax-error.ts'

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

/** The peer did what the protocol forbids. */
export class ProtocolError extends StacklessError {
  readonly code: ReplyCode
  readonly text: string

  constructor(code: ReplyCode, explanation: string) {
    super(explanation)
    this.code = code
    this.text = replyText(code, explanation)
  }
}

/** The reply code and text for an error that the peer caused; null for a bug of ours. */
export function answerTo(error: unknown): { code: ReplyCode; text: string } | null {
  if (error instanceof ProtocolError) return error
  let code: ReplyCode
  if (error instanceof Refusal) code = REFUSALS[error.code]
  else if (error instanceof UnknownMethodError) code = ReplyCode.NOT_IMPLEMENTED
  else if (error instanceof FrameSyntaxError) code = ReplyCode.SYNTAX_ERROR
  else return null
  return { code, text: replyText(code, error.message) }
}
