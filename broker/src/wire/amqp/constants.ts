// The numbers of AMQP 0-9-1 §4.2 and Appendix A that stand outside of methods: frames, reply codes.

/** Octets that open a connection: "AMQP", 0, then version 0-9-1. */
export const PROTOCOL_HEADER = Uint8Array.of(0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1)

export const FrameType = { METHOD: 1, HEADER: 2, BODY: 3, HEARTBEAT: 8 } as const

/** Last octet of every frame. */
export const FRAME_END = 0xce

/** Octets before a frame's payload: type u8, channel u16, size u32. */
export const FRAME_HEADER_SIZE = 7

/** Octets of a frame that are not payload. */
export const FRAME_OVERHEAD = 8

/** The smallest frame_max both sides must accept, in octets. */
export const FRAME_MIN_SIZE = 4096

export const BASIC_CLASS = 60

export const ReplyCode = {
  REPLY_SUCCESS: 200,
  CONTENT_TOO_LARGE: 311,
  NO_ROUTE: 312,
  NO_CONSUMERS: 313,
  CONNECTION_FORCED: 320,
  INVALID_PATH: 402,
  ACCESS_REFUSED: 403,
  NOT_FOUND: 404,
  RESOURCE_LOCKED: 405,
  PRECONDITION_FAILED: 406,
  FRAME_ERROR: 501,
  SYNTAX_ERROR: 502,
  COMMAND_INVALID: 503,
  CHANNEL_ERROR: 504,
  UNEXPECTED_FRAME: 505,
  RESOURCE_ERROR: 506,
  NOT_ALLOWED: 530,
  NOT_IMPLEMENTED: 540,
  INTERNAL_ERROR: 541,
} as const

export type ReplyName = keyof typeof ReplyCode
export type ReplyCode = (typeof ReplyCode)[ReplyName]

const names = new Map<number, ReplyName>(
  Object.entries(ReplyCode).map(([name, code]) => [code, name as ReplyName] as const),
)

/** The name of a reply code, for instance `NOT_FOUND` for 404. */
export function replyName(code: ReplyCode): ReplyName {
  return names.get(code)!
}

/** Whether a code ends the whole connection (true) or only its channel. */
export function isHardError(code: ReplyCode): boolean {
  return code === ReplyCode.CONNECTION_FORCED || code === ReplyCode.INVALID_PATH || code >= ReplyCode.FRAME_ERROR
}

const TEXT_MAX = 255

/** The text of a close: `NOT_FOUND - no queue 'q' in vhost '/'`, cut with an ellipsis to what a shortstr holds. */
export function replyText(code: ReplyCode, explanation: string): string {
  const text = `${replyName(code)} - ${explanation}`
  const bytes = Buffer.from(text)
  if (bytes.length <= TEXT_MAX) return text
  let end = TEXT_MAX - 3
  while ((bytes[end] & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end) + '...'
}
