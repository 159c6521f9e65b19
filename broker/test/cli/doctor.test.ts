/** `signalbox doctor` as a process, on the directories of brokers that run, that stopped, and that were killed. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { command } from './command.ts'
import { Program, temporaryFolder } from './process.ts'

const MESSAGES = 200

interface Report {
  whole: boolean
  messages: number
  findings: {
    severity: string
    file: string
    position: number | null
    of: string[]
    lost: { records_at_most: number }[]
  }[]
  repaired?: unknown[]
}

/** A broker with one queue, and messages in it that were confirmed one round after the other. */
async function filled(context: TestContext, folder: string): Promise<Program> {
  const broker = new Program(['--data-dir', folder, '--amqp-port', '0', '--journal-file-bytes', '1MiB'])
  context.after(() => broker.child.kill('SIGKILL'))
  const url = `http://127.0.0.1:${await broker.port('http')}`
  const env = { SIGNALBOX_URL: url }
  await done(command(['queues', 'create', 'orders'], env))
  for (let from = 0; from < MESSAGES; from += MESSAGES / 4) {
    const lines = Array.from({ length: MESSAGES / 4 }, (_, i) => `message ${from + i}`).join('\n')
    await done(command(['publish', '--lines', '--queue', 'orders'], env, `${lines}\n`))
  }
  return broker
}

async function done(running: ReturnType<typeof command>): Promise<string> {
  const { code, stdout, stderr } = await running
  assert.equal(code, 0, `${stdout}${stderr}`)
  return stdout
}

function doctor(folder: string, ...flags: string[]): ReturnType<typeof command> {
  return command(['doctor', '--data-dir', folder, ...flags])
}

function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => path.includes('/store/'))
  return new Map(paths.map((path) => [path, readFileSync(path).toString('base64')]))
}

test('a running broker is left alone, and named', async (context) => {
  const folder = temporaryFolder(context)
  const broker = await filled(context, folder)
  const refused = await doctor(folder)
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, new RegExp(`in use by process ${broker.child.pid}`))
  await broker.end()
})

test('a killed broker leaves a directory that is whole, damage in it is named and cut out', async (context) => {
  const folder = temporaryFolder(context)
  const broker = await filled(context, folder)
  await broker.end('SIGKILL')

  const before = contents(folder)
  const whole = await doctor(folder)
  assert.equal(whole.code, 0, whole.stdout + whole.stderr)
  assert.match(whole.stdout, /All of it is whole\.\nA start finds 200 messages for queues\./)
  assert.deepEqual(contents(folder), before)

  const journal = join(folder, 'store/0/journal/0000.jnl')
  const bytes = readFileSync(journal)
  const at = bytes.indexOf('message 60\u0000') >= 0 ? bytes.indexOf('message 60\u0000') : bytes.indexOf('message 60')
  bytes[at] ^= 1
  writeFileSync(journal, bytes)
  const damaged = contents(folder)

  const told = await doctor(folder)
  assert.equal(told.code, 1)
  assert.match(
    told.stdout,
    /damaged, with a loss: store\/0\/journal\/0000\.jnl, byte \d+\n {2}entry \d+ does not check/,
  )
  assert.match(told.stdout, /lost, at most: \d+ records of queue orders in virtual host \//)
  const { findings } = JSON.parse((await doctor(folder, '--json')).stdout) as Report
  assert.deepEqual(
    findings.map(({ severity, file }) => [severity, file]),
    [['loss', 'store/0/journal/0000.jnl']],
  )
  assert.deepEqual(findings[0].of, ['queue orders in virtual host /'])
  assert.deepEqual(contents(folder), damaged)

  const lossless = await doctor(folder, '--repair')
  assert.equal(lossless.code, 1)
  assert.match(lossless.stderr, /1 damages are left .* --accept-loss/)
  assert.deepEqual(contents(folder), damaged)

  const repaired = await doctor(folder, '--repair', '--accept-loss', '--json')
  assert.equal(repaired.code, 0, repaired.stderr)
  const report = JSON.parse(repaired.stdout) as Report
  assert.ok(report.whole && report.repaired?.length === 1)
  assert.equal((await doctor(folder)).code, 0)
  assert.ok(readdirSync(join(folder, 'set-aside/store/0/journal')).length > 0)

  const again = new Program(['--data-dir', folder, '--amqp-port', '0', '--journal-file-bytes', '1MiB'])
  context.after(() => again.child.kill('SIGKILL'))
  const env = { SIGNALBOX_URL: `http://127.0.0.1:${await again.port('http')}` }
  const taken = (await done(command(['consume', 'orders', '--count', String(report.messages), '--raw'], env)))
    .trim()
    .split('\n')
  const lost = findings[0].lost.reduce((sum, { records_at_most }) => sum + records_at_most, 0)
  assert.equal(taken.length, report.messages)
  assert.ok(taken.length >= MESSAGES - lost && taken.length < MESSAGES)
  assert.equal(new Set(taken).size, taken.length)
  for (const line of taken) assert.match(line, /^message \d+$/)
  await again.end()
})

test('what cannot be is refused: no directory, or a loss without a repair', async (context) => {
  const folder = temporaryFolder(context)
  const missing = await doctor(join(folder, 'none'))
  assert.deepEqual(
    [missing.code, missing.stderr],
    [1, `signalbox: there is no data directory ${join(folder, 'none')}\n`],
  )
  assert.equal((await doctor(folder, '--accept-loss')).code, 2)
  const empty = await doctor(folder)
  assert.deepEqual([empty.code, empty.stdout], [0, `${folder} is empty: a start makes a store there.\n`])
})

test('nothing is left in a directory that is none of a broker', async (context) => {
  const folder = join(temporaryFolder(context), 'home')
  mkdirSync(folder)
  const file = join(folder, 'letter')
  writeFileSync(file, 'Dear')
  const other = await doctor(folder)
  assert.deepEqual([other.code, other.stdout], [1, ''])
  assert.match(other.stderr, /^signalbox: \S+home is no data directory: other files are in it/)
  assert.deepEqual(readdirSync(folder), ['letter'])
  const named = await doctor(file)
  assert.equal(named.code, 1)
  assert.match(named.stderr, /^signalbox: \S+letter cannot be read: ENOTDIR/)
})
