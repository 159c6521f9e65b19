/** The commands of the program, in the order of its help. Each is loaded when it is asked for, and never by a start. */
import type { Command } from 'commander'

export interface CommandEntry {
  readonly name: string
  /** For the list of commands: one line, without a full stop. */
  readonly summary: string
  /** The module that gives the command its arguments, flags, subcommands and actions. */
  readonly load: () => Promise<{ define(command: Command): void }>
}

/** `start` is not among them: it is what the program does when it is asked for nothing else. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'status',
    summary: 'versions, listeners, totals, rates, and what needs attention',
    load: () => import('./commands/status.ts'),
  },
]
