// A legal request refused: the one closed union of reasons, and the error that carries one.
//
// Clients provoke refusals at will (a passive declare in a loop), so a Refusal captures no stack: its text names the
// object and says enough. Each protocol answers the codes from one exhaustive table.

export type RefusalCode =
  | 'not-found'
  | 'access-refused'
  | 'resource-locked'
  | 'precondition-failed'
  | 'not-allowed'
  | 'not-implemented'
  | 'content-too-large'
  | 'resource-error'
  | 'internal-error'

export class Refusal extends Error {
  readonly code: RefusalCode

  constructor(code: RefusalCode, message: string) {
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = limit
    this.name = 'Refusal'
    this.code = code
  }
}
