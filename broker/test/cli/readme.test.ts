/**
 * The README tells the truth: its program runs, its commands are what `.ci/run` runs, its numbers are a stored run's.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { it, type TestContext } from 'node:test'
import { withChoice, withNumbers } from '../../../scripts/numbers-table.ts'
import { temporaryFolder } from './process.ts'

const root = join(import.meta.dirname, '../../..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1]!)

const printed = (word: string): string => blocks('js').find((block) => block.includes(word))!

function run(program: string, name: string, test: TestContext) {
  const file = join(root, `broker/test/cli/.readme-${name}.mjs`)
  test.after(() => rmSync(file, { force: true }))
  writeFileSync(file, program)
  return spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 120_000 })
}

it('the program that tests in process runs as printed', (test) => {
  const { status, stdout, stderr } = run(printed('startBroker'), 'in-process', test)
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'encode 7\n', stderr: '' })
})

it('the lines that connect clients do so', (test) => {
  const program = `
    import { startBroker } from 'signalbox'
    const broker = await startBroker({ memory: true, amqpPort: 0 })
    ${printed('amqplib.connect(').replace(/'amqp:[^']*'/, 'broker.amqpUrl')}
    ${printed('new Kafka').replace(/'127[^']*'/, 'broker.kafkaBootstrap')}
    const admin = kafka.admin()
    await admin.connect()
    const { brokers } = await admin.describeCluster()
    console.log(connection.connection.serverProperties.product, brokers.length)
    await Promise.all([admin.disconnect(), connection.close()])
    await broker.stop()`
  const { status, stdout, stderr } = run(program, 'clients', test)
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'Signalbox 1\n' }, stderr)
})

it('each npm command on it is run by .ci/run or by a test', () => {
  const commands = new Set([...readme.matchAll(/npm (?:run [\w:-]+|start|test)/g)].map(([command]) => command))
  assert.ok(commands.has('npm start'), 'the first command is there')
  const ci = readFileSync(join(root, '.ci/run'), 'utf8').replaceAll('--silent ', '')
  // test:pack begins with what `npm run pack` does, the tests below do the others.
  const elsewhere = new Set(['npm run pack', 'npm start', 'npm run docs'])
  const missing = [...commands].filter((command) => {
    const script = command.replace(/^npm (run )?/, '')
    return !elsewhere.has(command) && !ci.includes(`npm run ${script}\n`)
  })
  assert.deepEqual(missing, [])
})

it('npm start prints the ready line that is shown', async (test) => {
  const [shown] = blocks('text')
  const folder = join(temporaryFolder(test), 'data')
  // A group of its own: npm, its shell and the broker end together.
  const flags = ['--amqp-port', '0', '--kafka-port', '0', '--http-port', '0', '--data-dir', folder]
  const child = spawn('npm', ['start', '--', ...flags], { cwd: root, detached: true })
  const ended = new Promise((resolve) => child.on('close', resolve))
  test.after(async () => {
    process.kill(-child.pid!, 'SIGTERM')
    await ended
  })
  let output = ''
  const ready = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      const line = /^signalbox ready.*\n/m.exec((output += chunk))
      if (line) resolve(line[0])
    })
    ended.then(() => reject(new Error(output)))
  })
  assert.equal(
    ready
      .replace(/:\d+ /, ':5672 ')
      .replace(/:\d+ http/, ':9092 http')
      .replace(/:\d+\n/, ':15672\n'),
    shown,
  )
})

it('its numbers, and those of the page of all, are those of the stored runs', () => {
  const performance = readFileSync(join(root, 'docs/performance.md'), 'utf8')
  assert.equal(performance, withNumbers(performance, 'named'))
  assert.equal(readme, withChoice(readme, performance))
})
