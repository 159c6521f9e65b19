/** The peer sent bytes that are no message of the Kafka protocol. A session closes the connection. */
export class MalformedMessage extends Error {
  /** Within the bytes given to the decoder. */
  readonly position: number
  readonly problem: string
  /** Where in the message, outermost first: `topicData`, `partitionData`, `records`. */
  readonly path: readonly string[]

  constructor(position: number, problem: string, path: readonly string[] = []) {
    super(`${path.length > 0 ? `${path.join('.')}: ` : ''}${problem} at position ${position}`)
    this.name = 'MalformedMessage'
    this.position = position
    this.problem = problem
    this.path = path
  }

  /** The same, seen from the structure that holds the field. */
  within(field: string): MalformedMessage {
    return new MalformedMessage(this.position, this.problem, [field, ...this.path])
  }
}
