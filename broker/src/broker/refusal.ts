// A legal request refused: the one closed union of reasons, and the error that carries one.
//
// Clients provoke refusals at will (a passive declare in a loop), so a text names the object and says enough. Each
// protocol answers the codes from one exhaustive table.
import { StacklessError } from '../base/stackless-error.ts'

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

export class Refusal extends StacklessError {
  readonly code: RefusalCode

  constructor(code: RefusalCode, message: string) {
    super(message)
    this.name = 'Refusal'
    this.code = code
  }
}
