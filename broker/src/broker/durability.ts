/**
 * Who waits for something to become durable: publishers for confirms, sessions for answers, queues for their mark.
 * What is waited for is a *durable number*: a round of the journal, or, above all rounds, a ticket for records of
 * `written` partitions, which no round holds. Called once per round or ticket, so a burst of messages wakes each waiter once.
 */
import type { LogEngine } from '../log/engine.ts'

export interface DurableWaiter {
  /** Something became durable. @returns whether it waits for more. */
  durable(): boolean
}

/** Rounds are below. */
const FIRST_TICKET = 2 ** 52

export function isRound(number: number): boolean {
  return number <= FIRST_TICKET
}

/** Records on their way to their segments. */
interface Ticket {
  /** Partitions that have not come so far. */
  pending: number
  /** What was staged before the ticket closed is durable with this round. */
  round: number
}

/** Calls back when its records are as durable as they will be. */
type WhenWritten = (task: () => void) => void

export class Durability {
  private readonly engine: LogEngine
  private readonly waiters = new Set<DurableWaiter>()
  private once: { number: number; task: () => void }[] = []
  /** Given out and not reached, oldest first; the last one may be open. */
  private readonly tickets: Ticket[] = []
  private reachedTicket = FIRST_TICKET
  private isOpen = false

  constructor(engine: LogEngine) {
    this.engine = engine
    engine.onDurable = () => this.advance()
  }

  /** Whether all that waits for this number is durable. */
  reached(number: number): boolean {
    return number <= this.engine.durableRound || (number > FIRST_TICKET && number <= this.reachedTicket)
  }

  /** The waiter is called at every round and ticket until it answers false. */
  add(waiter: DurableWaiter): void {
    this.waiters.add(waiter)
  }

  delete(waiter: DurableWaiter): void {
    this.waiters.delete(waiter)
  }

  /** Calls `task` when the number is reached, at once if it is. */
  after(number: number, task: () => void): void {
    if (this.reached(number)) task()
    else this.once.push({ number, task })
  }

  /** Calls `task` after the next round. */
  next(task: () => void): void {
    this.once.push({ number: 0, task })
  }

  /** The number for records that go to `written` partitions until `closeTicket`. */
  openTicket(): number {
    if (!this.isOpen) {
      this.isOpen = true
      this.tickets.push({ pending: 0, round: 0 })
    }
    return this.reachedTicket + this.tickets.length
  }

  /** The records of the open ticket were appended. It is reached when all are written, and all staged by now is durable. */
  closeTicket(written: readonly WhenWritten[]): void {
    if (!this.isOpen) return
    this.isOpen = false
    const ticket = this.tickets.at(-1)!
    ticket.round = this.engine.seal()
    ticket.pending = written.length
    for (const when of written) {
      when(() => {
        ticket.pending--
        if (ticket.pending === 0) this.advance()
      })
    }
    if (written.length === 0) this.advance()
  }

  private advance(): void {
    this.passTickets()
    for (const waiter of this.waiters) if (!waiter.durable()) this.waiters.delete(waiter)
    if (this.once.length === 0) return
    const tasks = this.once
    this.once = []
    for (const entry of tasks) {
      if (this.reached(entry.number)) entry.task()
      else this.once.push(entry)
    }
  }

  private passTickets(): void {
    const { tickets, engine } = this
    let passed = 0
    const closed = this.isOpen ? tickets.length - 1 : tickets.length
    while (passed < closed && tickets[passed].pending === 0 && tickets[passed].round <= engine.durableRound) passed++
    if (passed === 0) return
    tickets.splice(0, passed)
    this.reachedTicket += passed
  }
}
