/** What can go wrong, as classes with a `code`: whoever catches one can tell them apart without reading texts. */

export abstract class SignalboxError extends Error {
  abstract readonly code: string
  override get name(): string {
    return this.constructor.name
  }
}

/** The broker at the other end cannot do what an option asks for. Nothing was sent. */
export class UnsupportedByBroker extends SignalboxError {
  readonly code = 'UNSUPPORTED_BY_BROKER'
  /** As it is written in the call, for instance `add: dedupe`. */
  readonly option: string
  constructor(option: string, broker: string, lacking: string) {
    super(`${option} is not supported by ${broker}: ${lacking}`)
    this.option = option
  }
}

/** The broker refused a message: a queue is full and rejects, for instance. It is in no queue. */
export class PublishRefused extends SignalboxError {
  readonly code = 'PUBLISH_REFUSED'
}

/** No queue takes such a message. */
export class Unroutable extends SignalboxError {
  readonly code = 'UNROUTABLE'
}

/** Not confirmed in time, or before the client was closed: it may have arrived, and may not. */
export class NotConfirmed extends SignalboxError {
  readonly code = 'NOT_CONFIRMED'
}

/** The client is closed, or closing. */
export class ClientClosed extends SignalboxError {
  readonly code = 'CLIENT_CLOSED'
  constructor() {
    super('the client is closed')
  }
}

const OTHER_QUEUE = `. It is there with other settings: all who use it say the same. To change them, alter the queue in \
place where the broker is a Signalbox (signalbox queues alter), delete it once it is empty, or take another name`
const OTHER_EXCHANGE = `. It is there with other settings, or is something else, for a queue of jobs and a topic cannot \
have one name: all who use it say the same, or take another name`

/** What the broker says against a declaration: a queue of the name with other arguments, for instance. */
export class DeclareRefused extends SignalboxError {
  readonly code = 'DECLARE_REFUSED'
  /** AMQP's: 403 access refused, 404 not found, 405 locked, 406 precondition failed. */
  readonly replyCode: number | undefined
  constructor(what: string, cause: unknown) {
    const { message } = cause as Error
    super(`${what}: ${message}${advice(message)}`, { cause })
    this.replyCode = replyCodeOf(cause)
  }
}

function advice(message: string): string {
  if (!message.includes('inequivalent')) return ''
  return message.includes("for exchange '") ? OTHER_EXCHANGE : OTHER_QUEUE
}

/** Data does not fit its schema; `issues` are the schema's own. */
export class Invalid extends SignalboxError {
  readonly code = 'INVALID'
  readonly issues: readonly { readonly message: string }[]
  constructor(what: string, issues: readonly { readonly message: string; readonly path?: unknown }[]) {
    super(`${what}: ${issues.map(describeIssue).join('; ')}`)
    this.issues = issues
  }
}

function describeIssue({ message, path }: { readonly message: string; readonly path?: unknown }): string {
  if (!Array.isArray(path) || path.length === 0) return message
  const keys = path.map((part: unknown) =>
    String(typeof part === 'object' && part !== null ? (part as { key: unknown }).key : part),
  )
  return `${keys.join('.')}: ${message}`
}

/** The code that a broker closed a channel or connection with. */
export function replyCodeOf(error: unknown): number | undefined {
  const { code } = error as { code?: unknown }
  return typeof code === 'number' ? code : undefined
}
