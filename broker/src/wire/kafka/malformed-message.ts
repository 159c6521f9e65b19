/** The peer sent bytes that are no message of the Kafka protocol. A session closes the connection. */
export class MalformedMessage extends Error {
  /** Within the bytes given to the decoder. */
  readonly position: number
  /** The field at fault, after the fields it stands in: `topicData`, `partitionData`, `records`. */
  readonly path: string[] = []
  private readonly problem: string

  constructor(position: number, problem: string) {
    super(`${problem} at position ${position}`)
    this.name = 'MalformedMessage'
    this.position = position
    this.problem = problem
  }

  /** Names the next outer field, on the way out to whoever catches it. */
  within(field: string): this {
    this.path.unshift(field)
    this.message = `${this.path.join('.')}: ${this.problem} at position ${this.position}`
    return this
  }
}
