/** What cannot be taken back is asked about, where somebody sits who can answer. */
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import type { LocalSession } from './session.ts'

/** @returns whether it may go on. Without a terminal and without `--yes` it is wrong usage, which ends the command. */
export async function confirmed(
  command: Command,
  { signal }: LocalSession,
  isSure: boolean | undefined,
  question: string,
): Promise<boolean> {
  if (isSure) return true
  if (!process.stdin.isTTY || !process.stderr.isTTY) command.error('error: this cannot be taken back: say --yes')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^\s*y(es)?\s*$/i.test(await terminal.question(`${question} [y/N] `, { signal }))
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error
    // Ctrl-C and Ctrl-D are answers too, which end no line.
    process.stderr.write('\n')
    return false
  } finally {
    terminal.close()
  }
}
