/** `signalbox policies`: settings for all queues and exchanges whose names match a pattern. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { address } from '../broker-api.ts'
import { defineList } from '../listing.ts'
import { argumentsFrom, wholeNumber } from '../quantities.ts'
import { columnsOf, fieldsOf, type Row } from '../rows.ts'
import { onBroker } from '../session.ts'

const FIELDS = ['name', 'pattern', 'apply-to', 'priority', 'definition']
const APPLY_TO = ['all', 'queues', 'classic_queues', 'quorum_queues', 'streams', 'exchanges']

interface Operator {
  readonly operator?: true
}

interface NewPolicy extends Operator {
  readonly definition: Record<string, unknown>
  readonly priority: number
  readonly applyTo: string
}

export function define(command: Command): void {
  defineList(command, { of: 'policies', columns: FIELDS, inVhosts: true })
  const operators = command.command('list-operator').description("Lists the operator's policies.")
  onBroker(operators, async ({ api, out, vhost }) => {
    const rows = await api.get<Row[]>(address`/api/operator-policies/${vhost}`)
    out.list(rows, columnsOf(FIELDS, rows))
  })
  const show = withOperator(command.command('show <name>').description('Shows a policy.'))
  onBroker(show, async ({ api, out, vhost }, options: Operator, name: string) => {
    const row = await api.get<Row>(pathOf(vhost, name, options))
    out.show(row, fieldsOf(row, ['name', 'vhost', ...FIELDS.slice(1)]))
  })
  defineSet(command)
  const remove = withOperator(command.command('delete <name>').alias('clear').description('Deletes a policy.'))
  onBroker(remove, async ({ api, out, vhost }, options: Operator, name: string) => {
    await api.delete(pathOf(vhost, name, options))
    out.say(`policy ${name} deleted`, { policy: name, vhost, deleted: true })
  })
}

function defineSet(command: Command): void {
  const set = withOperator(
    command
      .command('create <name> <pattern>')
      .alias('set')
      .description('Makes a policy for all names that match the pattern, or replaces one.')
      .requiredOption('--definition <key=value>', 'a setting, once for each; or all as one JSON object', definitionFrom)
      .option('--priority <number>', 'of several that match, the highest holds', wholeNumber, 0)
      .addOption(new Option('--apply-to <kind>', 'what it is for').choices(APPLY_TO).default('all')),
  )
  onBroker(set, async ({ api, out, vhost }, options: NewPolicy, name: string, pattern: string) => {
    const { definition, priority, applyTo } = options
    const policy = { pattern, definition, priority, 'apply-to': applyTo }
    const created = await api.put(pathOf(vhost, name, options), policy)
    out.say(`policy ${name} ${created ? 'created' : 'replaced'}`, { policy: name, vhost, created, ...policy })
  })
}

function withOperator(command: Command): Command {
  return command.option('--operator', "an operator's policy: it bounds what others set")
}

function pathOf(vhost: string, name: string, { operator }: Operator): string {
  return operator ? address`/api/operator-policies/${vhost}/${name}` : address`/api/policies/${vhost}/${name}`
}

function definitionFrom(text: string, before: Record<string, unknown> = {}): Record<string, unknown> {
  if (!text.startsWith('{')) return argumentsFrom(text, before)
  try {
    return { ...before, ...JSON.parse(text) }
  } catch {
    throw new InvalidArgumentError('This is no JSON object.')
  }
}
