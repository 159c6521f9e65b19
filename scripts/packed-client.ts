/**
 * A newcomer's path as README.md has it: its worker and its producer, copied from the page, against the packed broker. The
 * address is the only thing changed, for the port of the page may be taken.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

const NEWCOMER = `
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { startBroker } from 'signalbox'
const broker = await startBroker({ memory: true })
const env = { ...process.env, AMQP_URL: broker.amqpUrl }
const worker = spawn(process.execPath, ['worker.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
let said = ''
worker.stdout.on('data', (chunk) => (said += chunk))
const { stdout } = await promisify(execFile)(process.execPath, ['producer.js'], { env, timeout: 120_000 })
worker.kill('SIGTERM')
const [code, signal] = await once(worker, 'exit')
await broker.stop()
console.log(JSON.stringify({ said, stdout, code, signal }))
`

const TYPED = `
import { connect } from '@signalbox/client'
import { createOutbox } from '@signalbox/client/postgres'
const client = await connect({ memory: true })
const video = client.queue<{ encode: { file: string } }>('video')
await video.process('encode', async (job) => job.data.file.length)
// @ts-expect-error
await video.add('encode', { file: 7 })
// @ts-expect-error
await video.add('encodes', { file: 'cat.mov' })
console.log(createOutbox().sql.length > 100)
const job = await video.add('encode', { file: 'cat.mov' }, { awaitResult: true })
console.log(await job.result())
await client.close()
`

/** Writes the programs, and `typed.ts` for a look at the types. */
export function writeNewcomer(folder: string): void {
  const page = readFileSync(join(root, 'README.md'), 'utf8')
  for (const name of ['worker', 'producer']) {
    const [, program] = new RegExp(`^\`\`\`js\\n// ${name}\\.js\\n(.*?)^\`\`\`$`, 'ms').exec(page) ?? []
    if (program === undefined) throw new Error(`README.md has no ${name}.js`)
    writeFileSync(join(folder, `${name}.js`), program.replace("'amqp://127.0.0.1'", 'process.env.AMQP_URL'))
  }
  writeFileSync(join(folder, 'newcomer.js'), NEWCOMER)
  writeFileSync(join(folder, 'typed.ts'), TYPED)
}

/** @param printed by newcomer.js. @throws unless the page's programs did what they are for */
export function checkNewcomer(printed: string): void {
  const { said, stdout, code, signal } = JSON.parse(printed)
  const ended = `worker: ${said}, ended with ${code ?? signal}; producer: ${stdout}`
  if (said !== 'run 1 of cat.mov\n' || stdout !== 'cat.mp4\n' || signal !== 'SIGTERM') throw new Error(ended)
}
