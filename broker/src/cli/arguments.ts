/**
 * The command line of `signalbox start`, made from the settings table: one flag per setting that fits on a line.
 */
import { Command, CommanderError } from 'commander'
import { settings } from '../config/schema.ts'
import { flag, flatNames } from '../config/spelling.ts'
import { commands } from './commands.ts'
import { version } from './version.ts'

/** `answer` is what --help and --version print: there is nothing to start. `mistake` is for stderr, exit code 2. */
export type Arguments =
  | { readonly kind: 'start'; readonly values: Readonly<Record<string, unknown>>; readonly config: string | undefined }
  | { readonly kind: 'answer'; readonly text: string }
  | { readonly kind: 'mistake'; readonly text: string }

export function parseArguments(argv: readonly string[]): Arguments {
  let printed = ''
  const command = program({ writeOut: (text) => (printed += text), writeErr: (text) => (printed += text) })
  try {
    command.parse(argv)
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return { kind: error.exitCode === 0 ? 'answer' : 'mistake', text: printed.trimEnd() }
  }
  const { config, ...values } = command.opts<Record<string, unknown> & { config?: string }>()
  return { kind: 'start', values, config }
}

function program(output: { writeOut: (text: string) => void; writeErr: (text: string) => void }): Command {
  const command = new Command('signalbox')
    .description('A message broker for RabbitMQ and Kafka clients on one append-only log.')
    .version(version)
    .exitOverride()
    .configureOutput(output)
    .allowExcessArguments(false)
    .helpOption('--help', 'this text')
    .option('--config <file>', 'a YAML file of settings; flags beat SIGNALBOX_* variables, which beat this file')
    .addHelpText('after', () => `\nCommands, each with --help:\n${commandList()}`)
  for (const name of flatNames) {
    const { doc, shown } = settings[name]
    command.option(`${flag(name)} <value>`, `${doc} Default: ${shown}.`)
  }
  return command
}

function commandList(): string {
  return commands.map(({ name, summary }) => `  ${name.padEnd(14)}${summary}`).join('\n')
}
