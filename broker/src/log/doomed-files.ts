/**
 * Files that nobody needs any more, oldest first: each goes once what made it needless is durable. Until then a crash
 * would bring back what still needs it.
 */
import type { Rounds } from './rounds.ts'

export class DoomedFiles<T> {
  private readonly rounds: Rounds
  private readonly remove: (what: T) => Promise<void>
  private readonly waiting: { what: T; round: number }[] = []

  constructor(rounds: Rounds, remove: (what: T) => Promise<void>) {
    this.rounds = rounds
    this.remove = remove
  }

  /** @param round with which it may go: by default everything staged now is durable then */
  add(what: T, round: number = this.rounds.open): void {
    this.waiting.push({ what, round })
  }

  get areDue(): boolean {
    return this.waiting.length > 0 && this.waiting[0].round <= this.rounds.durable
  }

  /** @param sync makes what is durable by its round so on disk too */
  async removeDue(sync: () => Promise<void>): Promise<void> {
    const { durable } = this.rounds
    await sync()
    while (this.waiting.length > 0 && this.waiting[0].round <= durable) await this.remove(this.waiting.shift()!.what)
  }
}
