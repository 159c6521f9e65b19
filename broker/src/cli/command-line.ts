/**
 * Runs one command: the table's entry is loaded, commander reads the words, the action does the work.
 * Results go to stdout, everything else to stderr. Exit codes: 0 done, 1 the broker refused or could not be reached,
 * 2 wrong usage.
 */
import module from 'node:module'
import { Command, CommanderError, Option } from 'commander'
import { CommandError } from './command-error.ts'
import { commands } from './commands.ts'
import { interruption } from './interruption.ts'
import { sessionFlags } from './session-flags.ts'
import { version } from './version.ts'

const DONE = 0
const REFUSED = 1
const USAGE = 2

export async function runCommand(argv: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endQuietly)
  const code = await exitCodeOf(argv)
  module.flushCompileCache()
  process.stdout.write('', () => process.exit(code))
}

async function exitCodeOf(argv: readonly string[]): Promise<number> {
  try {
    const program = await commandLine(wordsOf(argv))
    await program.parseAsync(argv)
    return DONE
  } catch (error) {
    if (interruption.isUnread) return DONE
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : USAGE
    if (error instanceof CommandError) complain(error.message)
    else if (interruption.signal.aborted) complain('interrupted')
    else complain(`a bug in the command line: ${error instanceof Error ? error.stack : error}`)
    return REFUSED
  }
}

/** The program with the commands of these names whole, the others as lines of the help. */
export async function commandLine(whole: readonly string[]): Promise<Command> {
  const program = new Command('signalbox')
    .description('Commands to a running broker. Without one, or with `start`, a broker is started.')
    .version(version)
    .helpOption('--help', 'this text')
    .helpCommand('help [command]', 'tells more about a command')
    .configureHelp({ showGlobalOptions: true })
  for (const option of commonOptions()) program.addOption(option)
  settle(program)
  program.command('start').summary('starts a broker; its flags are the settings, see `signalbox start --help`')
  for (const { name, summary, load } of commands) {
    const command = program.command(name).summary(summary).description(sentence(summary))
    if (whole.includes(name)) (await load()).define(command)
  }
  for (const command of descendants(program)) settle(command)
  return program
}

function commonOptions(): Option[] {
  return [
    new Option('--url <url>', 'where the broker answers HTTP').env('SIGNALBOX_URL').default('http://127.0.0.1:15672'),
    new Option('-u, --user <name>', 'who to log in as').env('SIGNALBOX_USER').default('guest'),
    new Option('--password <text>', 'the password; - reads it from the first line of stdin')
      .env('SIGNALBOX_PASSWORD')
      .default('guest'),
    new Option('-p, --vhost <name>', 'the virtual host').default('/'),
    new Option('--json', 'prints JSON: one value, or one a line where there is no end').default(false),
  ]
}

/** What commander does not hand down to commands that were added before it was told. */
function settle(command: Command): void {
  command
    .exitOverride()
    .allowExcessArguments(false)
    .helpOption('--help', 'this text')
    .configureHelp({ showGlobalOptions: true, helpWidth: process.stdout.columns || 100 })
    .configureOutput({ outputError: (text, write) => write(`signalbox: ${text.replace(/^error: /, '')}`) })
    .showHelpAfterError(`(${pathOf(command)} --help tells more)`)
}

function sentence(summary: string): string {
  return `${summary[0]!.toUpperCase()}${summary.slice(1)}.`
}

function descendants(command: Command): Command[] {
  return command.commands.flatMap((one) => [one, ...descendants(one)])
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

/** The words that may name a command: with `help` and common flags before it, more than the first. */
function wordsOf(argv: readonly string[]): string[] {
  return argv.slice(2).filter((word) => !word.startsWith('-') || sessionFlags.includes(word))
}

function complain(text: string): void {
  for (const line of text.split('\n')) if (line !== '') process.stderr.write(`signalbox: ${line}\n`)
}

function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  interruption.unread()
}
