/**
 * What a user gets: the tarball, installed with plain `npm i` into an empty folder, run under each version of Node that
 * we promise. Reports the time from exec to the ready line and the idle memory of the built form.
 * Ends with `N passed, N failed`.
 */
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { packBroker, packClient } from './pack.ts'
import { packageNames } from './package-names.ts'
import { checkNewcomer, writeNewcomer } from './packed-client.ts'

const FROM_NPM = /^(npm_(?!config_)|npm_config_local_prefix|NODE_OPTIONS|SIGNALBOX_|INIT_CWD)/
const VERSIONS = ['22', '24']
const root = join(import.meta.dirname, '..')
let passed = 0
let failed = 0

async function check(what: string, act: () => unknown): Promise<boolean> {
  try {
    await act()
    passed++
    console.log(`ok    ${what}`)
    return true
  } catch (error) {
    failed++
    console.log(`FAIL  ${what}: ${error instanceof Error ? error.message : error}`)
    return false
  }
}

interface Place {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
}

/** Runs to the end. @returns what it printed. @throws with all it printed unless it exits 0. */
async function run({ folder, env }: Place, command: string, ...args: string[]): Promise<string> {
  const options = { cwd: folder, env, timeout: 300_000, maxBuffer: Number.POSITIVE_INFINITY }
  try {
    return (await promisify(execFile)(command, args, options)).stdout.trim()
  } catch (error) {
    const { code, signal, stdout = '', stderr = '' } = error as Record<string, string | undefined>
    throw new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}\n${stdout}${stderr}`)
  }
}

/** The environment of a user's shell: that Node first, nothing that npm tells its scripts, but how npm is configured. */
function environment(bin: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FROM_NPM.test(name))
  const path = (process.env.PATH ?? '').split(':').filter((part) => !part.includes('node_modules'))
  return { ...Object.fromEntries(own), PATH: [bin, ...path].join(':') }
}

/** A folder with that version of Node from the registry, kept between runs. */
async function nodeOf(version: string): Promise<string> {
  const folder = join(root, '.cache/node', version)
  const bin = join(folder, 'node_modules/node/bin')
  if (!existsSync(join(bin, 'node'))) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true, "allowScripts": { "node": true } }')
    await run(
      { folder, env: process.env },
      'npm',
      'install',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `node@${version}`,
    )
  }
  return bin
}

const PROGRAM = `
import { startBroker } from '${packageNames.broker}'
import { createConnection } from 'node:net'
const broker = await startBroker({ memory: true })
const { hostname, port } = new URL(broker.amqpUrl ?? '')
const socket = createConnection(Number(port), hostname)
socket.write(Buffer.from('AMQP\\0\\0\\x09\\x01', 'latin1'))
const [first] = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
socket.destroy()
const page = await (await fetch(broker.httpUrl + '/queues', { headers: { accept: 'text/html' } })).text()
const [, script] = /<script[^>]* src="([^"]+)"/.exec(page) ?? []
const { status } = await fetch(broker.httpUrl + script)
await broker.stop()
if (first !== 1) throw new Error('no method frame')
if (status !== 200) throw new Error('no console: ' + page)
console.log('carried', broker.kafkaBootstrap)
`

const TSCONFIG = {
  compilerOptions: { strict: true, noEmit: true, module: 'nodenext', target: 'es2022', types: ['node'] },
  include: ['program.ts', 'wrong.ts', 'typed.ts'],
}

async function install(place: Place, tarball: string): Promise<void> {
  writeFileSync(join(place.folder, 'package.json'), '{ "private": true, "type": "module" }')
  await run(place, 'npm', 'i', '--no-audit', '--no-fund', tarball)
  const tree = await run(place, 'npm', 'ls', '--all', '--parseable')
  if (/typescript|biome|playwright|fast-check/.test(tree)) throw new Error(`dev dependencies came along:\n${tree}`)
  writeFileSync(join(place.folder, 'program.ts'), PROGRAM)
  writeFileSync(join(place.folder, 'program.js'), PROGRAM.replace('<Buffer>', ''))
}

/** `tsc` must accept the program and refuse a wrong one; Node's own types come from the workspace. */
async function checkTypes(place: Place): Promise<void> {
  const wrong = `import { startBroker } from '${packageNames.broker}'\n// @ts-expect-error\nawait startBroker({ memory: 1 })\n`
  writeFileSync(join(place.folder, 'wrong.ts'), wrong)
  const typeRoots = [join(root, 'node_modules/@types')]
  const options = { ...TSCONFIG, compilerOptions: { ...TSCONFIG.compilerOptions, typeRoots } }
  writeFileSync(join(place.folder, 'tsconfig.json'), JSON.stringify(options))
  await run(place, join(root, 'node_modules/.bin/tsc'), '-p', 'tsconfig.json')
}

interface Started {
  readonly readyMs: number
  readonly idleBytes: number
}

/** Starts the program, waits for the ready line, lets it rest or be asked, stops it; all within a bound. */
async function startOnce(
  { folder, env }: Place,
  command: string,
  args: string[],
  restMs: number,
  ask: (url: string) => Promise<void> = async () => {},
): Promise<Started> {
  const data = mkdtempSync(join(folder, 'data-'))
  const begin = performance.now()
  // A process group of its own, so that signals reach the broker behind npx as a terminal's would.
  const child = spawn(
    command,
    [...args, '--amqp-port', '0', '--kafka-port', '0', '--http-port', '0', '--data-dir', data],
    {
      cwd: folder,
      env,
      detached: true,
    },
  )
  const deadline = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 300_000)
  let output = ''
  let complaint = ''
  child.stderr.on('data', (chunk) => (complaint += chunk))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  try {
    const readyMs = await new Promise<number>((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        output += chunk
        if (output.includes('\n')) resolve(performance.now() - begin)
      })
      ended.then((code) => reject(new Error(`ended with ${code} before it was ready: ${complaint}`)))
    })
    if (!/^signalbox ready amqp=127\.0\.0\.1:\d+ kafka=127\.0\.0\.1:\d+ http=127\.0\.0\.1:\d+\n$/.test(output))
      throw new Error(`said ${output}`)
    await new Promise((resolve) => setTimeout(resolve, restMs))
    const idleBytes = residentBytes(child.pid!)
    await ask(`http://${/ http=(\S+)/.exec(output)![1]}`)
    process.kill(-child.pid!, 'SIGTERM')
    const code = await ended
    if ((code !== 0 || complaint !== '') && command !== 'npx') throw new Error(`ended with ${code}: ${complaint}`)
    return { readyMs, idleBytes }
  } finally {
    clearTimeout(deadline)
  }
}

function residentBytes(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
  } catch {
    return Number.NaN
  }
}

/** The command line of the package, as its users call it, against the broker of the package. */
async function askByCommands(place: Place, url: string): Promise<void> {
  const ask = (...words: string[]): Promise<string> => run(place, 'npx', packageNames.broker, ...words, '--url', url)
  await ask('queues', 'create', 'orders', '--max-length', '10')
  const [queue] = JSON.parse(await ask('queues', 'list', '--json', '--columns', 'name,arguments'))
  if (queue.name !== 'orders' || queue.arguments['x-max-length'] !== 10) throw new Error(JSON.stringify(queue))
  await ask('export', 'definitions.json')
  await ask('queues', 'delete', 'orders')
  if (!(await ask('import', 'definitions.json')).includes('1 queue')) throw new Error('nothing was imported')
  if (!(await ask('status')).includes('Nothing needs attention.')) throw new Error('no status')
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!

async function measure(place: Place): Promise<string> {
  const main = join('node_modules', packageNames.broker, 'dist/main.js')
  const runs: Started[] = []
  for (let i = 0; i < 5; i++) runs.push(await startOnce(place, 'node', [main], i === 0 ? 2000 : 0))
  const ready = median(runs.map(({ readyMs }) => readyMs))
  const idle = runs[0]!.idleBytes / 1e6
  return `ready ${ready.toFixed(0)} ms after exec (median of 5), ${idle.toFixed(0)} MB resident when idle`
}

/** Beside the broker; what both are for is what README.md shows. */
async function installClient(place: Place, tarball: string): Promise<void> {
  await run(place, 'npm', 'i', '--no-audit', '--no-fund', tarball)
  writeNewcomer(place.folder)
}

let tarball = ''
let clientTarball = ''
const isPacked = await check('pack', () => {
  tarball = packBroker()
  clientTarball = packClient()
})

/** All that a user of this version of Node does, in a folder of its own. @returns where it is installed; null if it is not */
async function checkVersion(version: string): Promise<Place | null> {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-packed-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const checkHere = (what: string, act: () => unknown): Promise<boolean> => check(`Node ${version}: ${what}`, act)
  let place: Place = { folder, env: {} }
  const isThere = await checkHere('from the registry', async () => {
    place = { folder, env: environment(await nodeOf(version)) }
    await run(place, 'node', '-v')
  })
  if (!isThere) return null
  if (!(await checkHere('npm i ./x.tgz', () => install(place, tarball)))) return null
  await checkHere(`npx ${packageNames.broker}`, () => startOnce(place, 'npx', [packageNames.broker], 0))
  await checkHere(`npx ${packageNames.broker} with commands`, () => {
    const main = join('node_modules', packageNames.broker, 'dist/main.js')
    return startOnce(place, 'node', [main, '--log-level', 'warn'], 0, (url) => askByCommands(place, url))
  })
  await checkHere('import in program.js', () => run(place, 'node', 'program.js'))
  await checkHere('import in program.ts', () => run(place, 'node', 'program.ts'))
  await checkHere('npm i ./client.tgz', () => installClient(place, clientTarball))
  await checkHere('worker.js and producer.js of README.md', async () =>
    checkNewcomer(await run(place, 'node', 'newcomer.js')),
  )
  await checkHere('jobs in memory', () => run(place, 'node', 'typed.ts'))
  await checkHere('tsc against the types', () => checkTypes(place))
  return place
}

// Without a tarball npm would install nothing, and npx would ask the registry for a package of that name.
const places = isPacked ? await Promise.all(VERSIONS.map(checkVersion)) : []
// What is measured has the machine to itself.
for (const [i, place] of places.entries())
  if (place !== null)
    await check(`Node ${VERSIONS[i]}: start`, async () => {
      console.log(`note  Node ${VERSIONS[i]}: ${await measure(place)}`)
    })
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
