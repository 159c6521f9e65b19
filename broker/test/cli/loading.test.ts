/** A start loads nothing of the commands, and a command nothing of the broker, nor of other commands. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { it } from 'node:test'

const START = join(import.meta.dirname, '../../start.js')
const LISTING = `
  import module from 'node:module'
  const seen = []
  module.registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) })
  process.on('exit', () => process.stderr.write([...seen, ...process.moduleLoadList].join('\\n')))`

/** Addresses of all modules that are loaded on the way to an answer, and names of those of Node. */
function loadedFor(...words: string[]): Promise<string> {
  const args = ['--import', `data:text/javascript,${encodeURIComponent(LISTING)}`, START, ...words]
  return new Promise((resolve) => execFile(process.execPath, args, (_, __, stderr) => resolve(stderr)))
}

it('a start loads no command', async () => {
  const loaded = await loadedFor('--help')
  assert.match(loaded, /broker\/src\/server\.ts/)
  assert.doesNotMatch(loaded, /cli\/commands\/|cli\/(session|output|broker-api|command-line)\.ts|cli-progress/)
})

it('a command loads itself alone', async () => {
  const loaded = await loadedFor('queues', '--help')
  assert.match(loaded, /cli\/commands\/queues\.ts/)
  assert.doesNotMatch(
    loaded,
    /cli\/commands\/(?!queues)|src\/(server\.ts|broker\/|log\/|http\/|amqp\/)|\/zod\/|\/pino\//,
  )
})

it('a request loads no second client of HTTP', async () => {
  const loaded = await loadedFor('status', '--url', 'http://127.0.0.1:1')
  assert.match(loaded, /^NativeModule http$/m)
  assert.doesNotMatch(loaded, /undici/)
})
