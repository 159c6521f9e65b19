/** The peer sent bytes that are no AMQP. A session answers 502 SYNTAX_ERROR; the position is within the buffer given. */
export class FrameSyntaxError extends Error {
  readonly position: number

  constructor(position: number, reason: string) {
    super(`${reason} at position ${position}`)
    this.name = 'FrameSyntaxError'
    this.position = position
  }
}

/** A well-formed method frame whose class and method numbers are none that this dialect knows. */
export class UnknownMethodError extends FrameSyntaxError {
  readonly classId: number
  readonly methodId: number

  constructor(position: number, classId: number, methodId: number) {
    super(position, `unknown method {${classId},${methodId}}`)
    this.name = 'UnknownMethodError'
    this.classId = classId
    this.methodId = methodId
  }
}
