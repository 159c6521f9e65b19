/** The reference in docs/command-line.md, from the commands themselves. */
import type { Command, Option } from 'commander'
import { commandLine } from '../broker/src/cli/command-line.ts'
import { commands } from '../broker/src/cli/commands.ts'

const BEGIN = '<!-- commands: made from broker/src/cli by `npm run docs`; a test fails when the two differ -->'
const END = '<!-- end of commands -->'

/** The page with its reference as the commands are now. @throws if the page has no place for it */
export async function withCommands(page: string): Promise<string> {
  const begin = page.indexOf(BEGIN)
  const end = page.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`the page has no part between ${BEGIN} and ${END}`)
  const program = await commandLine(commands.map(({ name }) => name))
  const entries = commands.map(({ name }) => entryOf(program.commands.find((one) => one.name() === name)!))
  const everywhere = `### Everywhere\n\n${flags(program.options)}`
  return `${page.slice(0, begin)}${BEGIN}\n\n${[everywhere, ...entries].join('\n')}\n${page.slice(end)}`
}

function entryOf(command: Command): string {
  const inner = command.commands.filter((one) => one.name() !== 'help')
  if (inner.length === 0) return `### \`${usageOf(command)}\`\n\n${command.description()}\n${flags(command.options)}`
  const parts = inner.map((one) => `**\`${usageOf(one)}\`** ${one.description()}\n${flags(one.options)}`)
  return `### \`signalbox ${command.name()}\`\n\n${command.description()}\n\n${parts.join('\n')}`
}

function usageOf(command: Command): string {
  const words = command.registeredArguments.map((one) => {
    const name = one.variadic ? `${one.name()}...` : one.name()
    return one.required ? `<${name}>` : `[${name}]`
  })
  const parent = command.parent!
  const path = parent.parent === null ? 'signalbox' : `signalbox ${parent.name()}`
  return [path, [command.name(), ...command.aliases()].join('|'), ...words].join(' ')
}

function flags(options: readonly Option[]): string {
  if (options.length === 0) return ''
  return `\n${options.map((option) => `- \`${option.flags}\`: ${option.description}${notes(option)}`).join('\n')}\n`
}

function notes(option: Option): string {
  const said = [
    option.argChoices && `one of ${option.argChoices.join(', ')}`,
    isWorthTelling(option.defaultValue) && `default \`${option.defaultValueDescription ?? option.defaultValue}\``,
    option.envVar && `or \`${option.envVar}\``,
    option.mandatory && 'needed',
  ].filter(Boolean)
  return said.length === 0 ? '' : ` (${said.join('; ')})`
}

function isWorthTelling(value: unknown): boolean {
  return value !== undefined && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0)
}
