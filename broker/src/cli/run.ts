/**
 * What the first word asks for: nothing, a flag or `start` start a broker, everything else is a command to one that runs.
 * Neither way loads the modules of the other.
 */
import { sessionFlags } from './session-flags.ts'

export async function run(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const word = argv[2]
  if (word !== undefined && (!word.startsWith('-') || isSessionFlag(word)) && word !== 'start') {
    const { runCommand } = await import('./command-line.ts')
    return runCommand(argv)
  }
  const { start } = await import('./start.ts')
  await start(word === 'start' ? [...argv.slice(0, 2), ...argv.slice(3)] : argv, env)
}

/** `signalbox --json queues list` is a command too. */
function isSessionFlag(word: string): boolean {
  return sessionFlags.includes(word.split('=')[0]!)
}
