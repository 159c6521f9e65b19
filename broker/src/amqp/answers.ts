/**
 * The answers of a session, in the order of what they answer. One that rests on a definition or a transaction waits
 * until that is durable, and the session's input waits as long. Trade: one client waits for its own answers only.
 */
import { PauseReason } from '../net/connection.ts'
import type { MethodInput, MethodName } from '../wire/amqp/methods.ts'
import type { AmqpSession } from './session.ts'

export class Answers {
  private readonly session: AmqpSession
  private readonly tasks: (() => void)[] = []

  constructor(session: AmqpSession) {
    this.session = session
  }

  /** Answers a method when all definitions that the answer may rest on are durable. */
  give<N extends MethodName>(channel: number, name: N, args: MethodInput<N>): void {
    this.giveAfter(this.session.broker.catalog.lastRound, channel, name, args)
  }

  giveAfter<N extends MethodName>(round: number, channel: number, name: N, args: MethodInput<N>): void {
    const { session } = this
    const { durability } = session.broker
    if (durability.reached(round)) {
      session.send(channel, name, args)
      return
    }
    this.hold((release) => durability.after(round, () => release(() => session.send(channel, name, args))))
  }

  /** Looks at no further input until `release` is called with what answers; the answer may have to wait again. */
  hold(start: (release: (answer: () => void) => void) => void): void {
    this.session.reader.held = true
    this.session.transport.pause(PauseReason.answer)
    start((answer) => this.release(answer))
  }

  /** Calls `task` once the answers given so far are on their way. */
  afterwards(task: () => void): void {
    if (this.session.reader.held) this.tasks.push(task)
    else task()
  }

  private release(answer: () => void): void {
    const { session, tasks } = this
    session.reader.held = false
    session.guard(() => {
      if (session.state !== 'closing' && session.state !== 'closed') answer()
      while (tasks.length > 0 && !session.reader.held) tasks.shift()!()
    })
    if (session.reader.held) return
    session.transport.resume(PauseReason.answer)
    session.guard(() => session.reader.resume())
  }
}
