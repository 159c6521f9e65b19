/**
 * An error on its way between processes, as JSON of its own whatever the codec of data is:
 *
 *   {"name":"TypeError","message":"…","stack":"TypeError: …\n    at …","code":"…","data":…}
 *
 * Where it is thrown again its stack tells both sides: the caller's, and below it that of the handler.
 */
import { SignalboxError } from '../errors.ts'

/** What of an error travels. */
export interface ErrorText {
  readonly name: string
  readonly message: string
  readonly stack?: string
  /** Text or number that programs tell errors apart by. */
  readonly code?: string | number
}

/** Longer stacks and messages are cut: they go into headers, which have to fit into a frame. */
const LENGTH_MAX = 8192

/** A handler in another process threw. `name`, `message` and, where it had one, `remoteCode` are those of its error. */
export class RemoteError extends SignalboxError {
  readonly code = 'REMOTE_ERROR'
  /** The `code` of the error that the handler threw. */
  readonly remoteCode: string | number | undefined
  /** Where the handler threw; `stack` is the caller's, followed by this. */
  readonly remoteStack: string | undefined
  private readonly remoteName: string

  constructor({ name, message, stack, code }: ErrorText, callerStack: string) {
    super(message)
    this.remoteName = name
    this.remoteCode = code
    this.remoteStack = stack
    this.stack = `${name}: ${message}\n${framesOf(callerStack)}${stack === undefined ? '' : `\n  in the handler: ${stack}`}`
  }

  override get name(): string {
    return this.remoteName
  }
}

/** The stack of whoever calls `of`, without the frames up to it. */
export function stackOf(of: (...args: never[]) => unknown): string {
  const place: { stack?: string } = {}
  Error.captureStackTrace(place, of)
  return place.stack ?? ''
}

/** What of anything thrown travels; text and objects may be thrown, too. */
export function errorText(thrown: unknown): ErrorText {
  try {
    if (!(thrown instanceof Error)) return { name: 'Error', message: cut(String(thrown)) }
    const { name, message, stack, code } = thrown as Error & { code?: unknown }
    return {
      name: cut(String(name)),
      message: cut(String(message)),
      ...(typeof stack === 'string' && { stack: cut(stack) }),
      ...(typeof code === 'string' && { code: cut(code) }),
      ...(Number.isFinite(code) && { code: code as number }),
    }
  } catch {
    return { name: 'Error', message: 'what was thrown cannot be written as text' }
  }
}

export function encodeError(thrown: unknown): Buffer {
  return Buffer.from(JSON.stringify(errorText(thrown)))
}

/** @param callerStack of `stackOf`, taken when the call was made */
export function decodeError(data: Buffer, callerStack: string): RemoteError {
  return new RemoteError(JSON.parse(data.toString()) as ErrorText, callerStack)
}

const cut = (text: string): string => (text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text)

const framesOf = (stack: string): string => stack.slice(stack.indexOf('\n    at ') + 1)
