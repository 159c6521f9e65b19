/** A connection of a simulated Kafka client: answers are heard in order, when the client listens; a cut loses the rest. */
import type { Api, DecodedResponse, RequestInput } from '../../src/wire/kafka/schema.ts'
import type { Peer } from '../kafka/world.ts'

interface Waiting {
  readonly api: Api
  heard(response: unknown): void
}

export class Line {
  private readonly peer: Peer
  private readonly waiting: Waiting[] = []

  constructor(peer: Peer) {
    this.peer = peer
  }

  get isQuiet(): boolean {
    return this.waiting.length === 0
  }

  /** @param heard is called by `hear`, or never */
  ask<A extends Api>(
    api: A,
    version: number,
    request: RequestInput<A>,
    heard: (response: DecodedResponse<A>) => void,
  ): void {
    this.peer.send(api, version, request)
    this.waiting.push({ api, heard: (response) => heard(response as DecodedResponse<A>) })
  }

  hear(): void {
    while (this.waiting.length > 0) {
      const answer = this.peer.answer(this.waiting[0].api)
      if (answer === null) return
      this.waiting.shift()!.heard(answer.response)
    }
  }

  cut(): void {
    this.waiting.length = 0
    this.peer.cut()
  }
}

/** Whoever has a line, and a new one when it breaks. */
export abstract class KafkaClient {
  protected line!: Line

  connect(line: Line): void {
    this.line = line
    this.resumed()
  }

  /** The line breaks: what was not heard by now is not known. */
  cut(line: Line): void {
    this.line.cut()
    this.connect(line)
  }

  hear(): void {
    this.line.hear()
  }

  /** A little work. */
  abstract act(): void

  /** There is a new line: asks again what was not answered. */
  protected abstract resumed(): void
}
