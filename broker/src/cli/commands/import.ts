/** `signalbox import`: definitions in RabbitMQ's JSON, of this broker or of a RabbitMQ, taken over. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { ApiError, address } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import { type Definitions, type Part, partsOf, placed } from '../definition-parts.ts'
import { exactJson } from '../exact-json.ts'
import type { Output } from '../output.ts'
import { Progress } from '../progress.ts'
import { onBroker, type Session } from '../session.ts'
import { restOf } from '../standard-input.ts'

interface Report {
  readonly applied: number
  readonly skipped: readonly string[]
}

interface Rehearsal {
  readonly created: readonly string[]
  readonly changed: readonly string[]
  readonly unchanged: readonly string[]
  readonly skipped: readonly string[]
}

/** A file with more is looked at as a whole first, and then goes in parts. */
const AT_ONCE = 1000

export function define(command: Command): void {
  command
    .description(
      'Takes over what a file defines, as `export` and RabbitMQ write it. Queues and exchanges that are there already stay ' +
        'as they are; users, permissions, policies and parameters become what the file says.',
    )
    .argument('<file>', 'the file; - is stdin')
    .option('--dry-run', 'changes nothing, and tells what would be created, changed, left and refused')
    .addHelpText('after', '\nWith --vhost, into this virtual host: the file is then one of a single virtual host.')
  onBroker(command, async (session, { dryRun }: { readonly dryRun?: true }, file: string) => {
    const { out, chosenVhost } = session
    const definitions = parsed(file, await textOf(file))
    const path = chosenVhost === null ? '/api/definitions' : address`/api/definitions/${chosenVhost}`
    if (dryRun) return tell(out, await rehearsed(session, path, definitions))
    const counts = countsOf(definitions)
    const { applied, skipped } = await imported(session, path, definitions)
    if (skipped.length === 0) return out.say(`imported ${counts.text}`, { imported: counts.byKind, skipped: [] })
    if (out.json) out.say('', { applied, skipped })
    const left = skipped.map((line) => `left out: ${line}`)
    throw new CommandError([...left, `${applied} imported, ${skipped.length} left out`].join('\n'))
  })
}

/** @throws CommandError where a broker would import instead */
async function rehearsed({ api }: Session, path: string, definitions: Definitions): Promise<Rehearsal> {
  const { signalbox_version: version } = await api.get<{ signalbox_version?: string }>('/api/overview')
  if (version === undefined) throw new CommandError(`${api.url} is no Signalbox, and knows no dry run`)
  const told = await api.post<Rehearsal | Report>(`${path}?dry_run=true`, definitions)
  return told as Rehearsal
}

function tell(out: Output, { created, changed, unchanged, skipped }: Rehearsal): void {
  const lines = [
    ...created.map((name) => `create   ${name}`),
    ...changed.map((name) => `change   ${name}`),
    ...unchanged.map((name) => `leave    ${name}`),
    ...skipped.map((line) => `refuse   ${line}`),
    `${created.length} created, ${changed.length} changed, ${unchanged.length} left as they are, ${skipped.length} refused`,
  ]
  out.say(lines.join('\n'), { dry_run: true, created, changed, unchanged, skipped })
  if (skipped.length > 0) throw new CommandError(`${skipped.length} would be refused`)
}

async function imported(session: Session, path: string, definitions: Definitions): Promise<Report> {
  const parts = partsOf(definitions)
  const all = parts.reduce((sum, { entries }) => sum + entries, 0)
  if (all > AT_ONCE && (await isSound(session, path, definitions))) return importedInParts(session, path, parts, all)
  const report = await session.api.post<Report | undefined>(path, definitions)
  return report ?? { applied: all, skipped: [] }
}

/** So that a mistyped entry changes nothing, as in a file that goes at once. @throws ApiError if there is one */
async function isSound(session: Session, path: string, definitions: Definitions): Promise<boolean> {
  try {
    await rehearsed(session, path, definitions)
    return true
  } catch (error) {
    if (error instanceof ApiError || !(error instanceof CommandError)) throw error
    return false
  }
}

async function importedInParts(session: Session, path: string, parts: readonly Part[], all: number): Promise<Report> {
  const api = session.api.finishing()
  const progress = new Progress('importing', 'definitions', all)
  const skipped: string[] = []
  let [applied, done] = [0, 0]
  try {
    for (const part of parts) {
      if (session.signal.aborted) throw new CommandError(`interrupted: ${done} of ${all} definitions were looked at`)
      const report = await reportOf(api.post<Report | undefined>(path, part.definitions), part)
      applied += report.applied
      skipped.push(...report.skipped.map((line) => placed(line, part)))
      done += part.entries
      progress.reach(done)
    }
  } catch (error) {
    progress.stop()
    if (done > 0 && !session.signal.aborted) session.out.note(`importing: ${done} of ${all} definitions had gone`)
    throw error
  } finally {
    progress.stop()
  }
  return { applied, skipped }
}

/** A part of which nothing could be taken is answered with 400, its lines the reason. */
async function reportOf(answer: Promise<Report | undefined>, { entries }: Part): Promise<Report> {
  try {
    return (await answer) ?? { applied: entries, skipped: [] }
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) return { applied: 0, skipped: error.message.split('\n') }
    throw error
  }
}

async function textOf(file: string): Promise<string> {
  if (file === '-') return (await restOf(process.stdin)).toString()
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new CommandError(`${file} cannot be read: ${(error as Error).message}`)
  }
}

function parsed(file: string, text: string): Definitions {
  let found: unknown
  try {
    found = exactJson(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new CommandError(`${file} is no JSON: ${(error as Error).message}`)
  }
  if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as Definitions
  throw new CommandError(`${file} holds no definitions: those are one JSON object`)
}

/** `3 queues, 1 vhost`. */
export function countsOf(definitions: Definitions): { text: string; byKind: Record<string, number> } {
  const lists = Object.entries(definitions).filter(([, list]) => Array.isArray(list) && list.length > 0)
  const byKind = Object.fromEntries(lists.map(([kind, list]) => [kind, (list as unknown[]).length]))
  const text = Object.entries(byKind).map(([kind, count]) => `${count} ${nounOf(kind, count)}`)
  return { byKind, text: text.join(', ') || 'nothing' }
}

function nounOf(kind: string, count: number): string {
  const noun = kind.replaceAll('_', ' ')
  return count === 1 ? noun.replace(/ies$/, 'y').replace(/s$/, '') : noun
}
