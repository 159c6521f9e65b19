/** How long the members of a new generation have to ask for their partitions, and who has not yet. */
import type { Clock } from '../../base/clock.ts'
import { Deadline } from './deadline.ts'

export class SyncWait {
  private readonly awaited = new Set<string>()
  private readonly deadline: Deadline

  /** @param ended tells who did not ask in time */
  constructor(clock: Clock, ended: (late: readonly string[]) => void) {
    this.deadline = new Deadline(clock, () => {
      if (this.awaited.size > 0) ended([...this.awaited])
    })
  }

  begin(memberIds: Iterable<string>, forMs: number): void {
    this.clear()
    for (const id of memberIds) this.awaited.add(id)
    this.deadline.set(forMs)
  }

  /** It asked, or is gone. */
  remove(memberId: string): void {
    this.awaited.delete(memberId)
  }

  clear(): void {
    this.awaited.clear()
    this.deadline.clear()
  }
}
