/** `signalbox import`: definitions in RabbitMQ's JSON, of this broker or of a RabbitMQ, taken over. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { address } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import { onBroker } from '../session.ts'
import { restOf } from '../standard-input.ts'

interface Report {
  readonly applied: number
  readonly skipped: readonly string[]
}

export function define(command: Command): void {
  command
    .description('Takes over what a file defines, as `export` and RabbitMQ write it. What is there already stays.')
    .argument('<file>', 'the file; - is stdin')
    .addHelpText('after', '\nWith --vhost, into this virtual host: the file is then one of a single virtual host.')
  onBroker(command, async ({ api, out, chosenVhost }, _: object, file: string) => {
    const definitions = parsed(file, await textOf(file))
    const path = chosenVhost === null ? '/api/definitions' : address`/api/definitions/${chosenVhost}`
    const report = await api.post<Report | undefined>(path, definitions)
    const counts = countsOf(definitions)
    if (report === undefined) return out.say(`imported ${counts.text}`, { imported: counts.byKind, skipped: [] })
    if (out.json) out.say('', { applied: report.applied, skipped: report.skipped })
    const left = report.skipped.map((line) => `left out: ${line}`)
    throw new CommandError([...left, `${report.applied} imported, ${report.skipped.length} left out`].join('\n'))
  })
}

async function textOf(file: string): Promise<string> {
  if (file === '-') return (await restOf(process.stdin)).toString()
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`)
  }
}

function parsed(file: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CommandError(`${file} is no JSON: ${(error as Error).message}`)
  }
}

/** `3 queues, 1 vhost`. */
export function countsOf(definitions: Readonly<Record<string, unknown>>): {
  text: string
  byKind: Record<string, number>
} {
  const lists = Object.entries(definitions).filter(([, list]) => Array.isArray(list) && list.length > 0)
  const byKind = Object.fromEntries(lists.map(([kind, list]) => [kind, (list as unknown[]).length]))
  const text = Object.entries(byKind).map(([kind, count]) => `${count} ${nounOf(kind, count)}`)
  return { byKind, text: text.join(', ') || 'nothing' }
}

function nounOf(kind: string, count: number): string {
  const noun = kind.replaceAll('_', ' ')
  return count === 1 ? noun.replace(/ies$/, 'y').replace(/s$/, '') : noun
}
