/**
 * The end of an event-loop turn. Work that should happen once per turn however many messages the turn
 * brought (deliver from a queue, write to a socket, seal a journal round) registers here and runs in the
 * order of its phase. Trade: a message waits for the end of the poll phase, and costs a fraction of a call.
 */
export interface TurnTask {
  /** Set while the task stands in the list, so that it enters once. Owned by `Turn`. */
  scheduled: boolean
  runTurn(): void
}

/** Phases in the order they run: deliveries fill outputs, outputs are written, the round is sealed. */
export const TurnPhase = { deliver: 0, flush: 1, seal: 2 } as const

const PASSES_MAX = 4

export class Turn {
  private readonly lists: TurnTask[][] = [[], [], []]
  private spare: TurnTask[] = []
  private armed = false
  private readonly arm: (run: () => void) => void
  private readonly run = (): void => this.runNow()

  /** @param arm calls `run` once, later in this turn; the simulation passes its own. */
  constructor(arm: (run: () => void) => void = (run) => setImmediate(run)) {
    this.arm = arm
  }

  schedule(phase: 0 | 1 | 2, task: TurnTask): void {
    if (task.scheduled) return
    task.scheduled = true
    this.lists[phase].push(task)
    if (!this.armed) {
      this.armed = true
      this.arm(this.run)
    }
  }

  /** Runs all that is scheduled; a task that schedules an earlier phase again waits for the next turn after a few passes. */
  runNow(): void {
    this.armed = false
    for (let pass = 0; pass < PASSES_MAX; pass++) {
      let ran = false
      for (let phase = 0; phase < this.lists.length; phase++) {
        const list = this.lists[phase]
        if (list.length === 0) continue
        ran = true
        this.lists[phase] = this.spare
        for (let i = 0; i < list.length; i++) {
          list[i].scheduled = false
          list[i].runTurn()
        }
        list.length = 0
        this.spare = list
      }
      if (!ran) return
    }
    if (!this.armed && this.lists.some((list) => list.length > 0)) {
      this.armed = true
      this.arm(this.run)
    }
  }
}
