/**
 * Answers that a change of state brought about. They leave after the change, for whoever is answered may call again at
 * once, and when what they tell of is durable.
 */
import type { Durability } from '../durability.ts'

export class Replies {
  private readonly durability: Durability
  private due: (() => void)[] = []
  private leaving = false

  constructor(durability: Durability) {
    this.durability = durability
  }

  add(round: number, reply: () => void): void {
    this.due.push(() => this.durability.after(round, reply))
  }

  /** Called at the end of every change. */
  leave(): void {
    if (this.leaving || this.due.length === 0) return
    this.leaving = true
    for (let next = 0; next < this.due.length; next++) this.due[next]!()
    this.due = []
    this.leaving = false
  }
}
