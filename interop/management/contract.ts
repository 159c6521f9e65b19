/**
 * The contract of the management API: the same requests to a Signalbox and to a real RabbitMQ, both fresh. Every row's
 * status and fields must hold on both, and what the two answers differ in must be in the list with its reason.
 * `node interop/management/contract.ts [AREA…] [--all] [--rabbitmq]`; `--all` prints known differences, too, `--rabbitmq`
 * holds one RabbitMQ against another: the measure of the suite itself.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { areas } from './areas.ts'
import { compare, explained, type Found } from './compare.ts'
import { fromRabbitmq, toRabbitmq } from './definitions.ts'
import { type Difference, differences } from './differences.ts'
import { startRabbitmq } from './rabbitmq.ts'
import { type Area, nameOf, pathFor, type Row } from './row.ts'
import { misfits } from './shape.ts'
import { startSignalbox } from './signalbox.ts'
import { type Answer, ask, type Target } from './target.ts'

const SECONDS_FOR_STATISTICS = 12
const CLIENT = 'management-contract'

const { values: options, positionals: given } = parseArgs({
  allowPositionals: true,
  options: { all: { type: 'boolean' }, rabbitmq: { type: 'boolean' } },
})
/** The broker of the run is of no use: both are fresh. */
const positionals = given.filter((name) => !name.includes('://'))
const chosen = areas.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const used = new Set<Difference>()
let requests = 0
let failed = 0

const [signalbox, rabbitmq] = await Promise.all([
  options.rabbitmq ? startRabbitmq() : startSignalbox(),
  startRabbitmq(),
])
const version = await versionOf(rabbitmq)
try {
  for (const area of chosen) {
    const before = requests
    const wrong = await hold(area).catch((error: Error) => [`${area.name}: ${error.stack}`])
    tell(area.name, wrong, `${requests - before} requests as RabbitMQ ${version} answers them`)
  }
  if (options.rabbitmq !== true) {
    for (const [name, check] of Object.entries({ 'definitions-in': fromRabbitmq, 'definitions-out': toRabbitmq })) {
      if (positionals.length > 0 && !positionals.includes('definitions')) continue
      const wrong = await check(signalbox, rabbitmq).catch((error: Error) => [String(error)])
      tell(name, wrong, 'field by field, with logins')
    }
  }
  const stale = differences.filter((difference) => !used.has(difference) && difference.sometimes !== true)
  const unseen = stale.map(({ rows, path, reason }) => `no longer differs: ${rows} ${path} (${reason})`)
  if (positionals.length === 0) tell('differences', unseen, `${differences.length}, each seen and with its reason`)
} finally {
  await Promise.all([signalbox.stop(), rabbitmq.stop()])
}
process.exit(failed === 0 ? 0 : 1)

function tell(area: string, wrong: readonly string[], seen: string): void {
  for (const line of wrong) console.log(`  ${line}`)
  if (wrong.length > 0) failed++
  console.log(
    `${CLIENT} ${version}: ${area} ${wrong.length === 0 ? `ok (${seen})` : `FAILED: ${wrong.length} of these`}`,
  )
}

/** Everything that is wrong, a line each. */
async function hold({ steps }: Area): Promise<string[]> {
  const wrong: string[] = []
  const found: Found[] = []
  for (const step of steps) {
    if (typeof step === 'function') {
      await Promise.all([signalbox, rabbitmq].map(step))
      continue
    }
    const name = nameOf(step)
    requests++
    if (step.since !== undefined && options.rabbitmq) continue
    const asked = step.since === undefined ? [signalbox, rabbitmq] : [signalbox]
    const answers = await Promise.all(asked.map((target) => answerOf(target, step)))
    for (const [at, answer] of answers.entries()) wrong.push(...unmet(asked[at]!, step, answer))
    if (answers.length === 2) found.push(...compare(name, answers[0]!, answers[1]!, { values: step.values ?? true }))
  }
  for (const { found: one, by } of explained(found)) {
    if (by !== undefined) used.add(by)
    const said = `${one.row} · ${one.path || one.kind} ${one.kind}: ours ${show(one.ours)}, RabbitMQ's ${show(one.theirs)}`
    if (by === undefined) wrong.push(said)
    else if (options.all) console.log(`  known: ${said}`)
  }
  return wrong
}

async function answerOf(target: Target, row: Row): Promise<Answer> {
  const asking = { method: 'GET', ...row, path: pathFor(target, row) }
  for (const late = Date.now() + SECONDS_FOR_STATISTICS * 1000; ; await sleep(250)) {
    const answer = await ask(target, asking)
    if (row.until === undefined || Date.now() > late || holds(row.until, answer.body)) return sorted(answer, row.sortBy)
  }
}

function holds(until: (body: unknown) => boolean, body: unknown): boolean {
  try {
    return until(body)
  } catch {
    return false
  }
}

/** What the row says that is not so. Another status of Signalbox is a difference, and told as such. */
function unmet(target: Target, row: Row, { status, body }: Answer): string[] {
  const at = `${target.name}: ${nameOf(row)}`
  if (row.status !== 0 && status !== row.status) {
    const told = target === signalbox && row.since === undefined
    return told ? [] : [`${at}: ${row.status} expected, ${status} answered: ${show(body)}`]
  }
  const late = row.until !== undefined && !holds(row.until, body) ? [`${at}: ${row.until} did not come to hold`] : []
  const shapes = target.name === 'signalbox' ? [row.shape, row.also] : [row.shape]
  return [...late, ...shapes.flatMap((shape) => misfits(body, shape ?? 'any')).map((one) => `${at}: ${one}`)]
}

function sorted(answer: Answer, by: readonly string[] | undefined): Answer {
  if (by === undefined || !Array.isArray(answer.body)) return answer
  const key = (item: Record<string, unknown>) => JSON.stringify(by.map((field) => item[field]))
  return { ...answer, body: [...answer.body].sort((a, b) => (key(a) < key(b) ? -1 : 1)) }
}

async function versionOf(target: Target): Promise<string> {
  const { body } = await ask(target, { method: 'GET', path: '/api/overview' })
  return (body as { rabbitmq_version: string }).rabbitmq_version
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
