/**
 * librabbitmq's command line tools, the shell script's AMQP client: each step is a process of its own, so everything
 * proven here lasts beyond a connection. They have no confirms, returns or RPC; librabbitmq.c shows the library's.
 */
import { spawn } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'
import { brokerUrl, expectSame, freshName, proveAll } from './proof.ts'

const url = brokerUrl()
const LINES = 300

interface Ran {
  code: number | null
  out: string
  err: string
}

interface Streams {
  input?: string
  onOutput?: () => void
}

await proveAll('amqp-tools', await installedPackage(), {
  declare,
  publish,
  get,
  'consume-with-acks': consumeWithAcks,
  requeue,
  'bind-and-fan-out': bindAndFanOut,
  delete: deletion,
})

async function installedPackage(): Promise<string> {
  const { out } = await run('dpkg-query', ['--show', 'amqp-tools'])
  return out.trim().split('\t')[1] ?? 'unknown'
}

async function declare(): Promise<string> {
  const queue = await declareQueue('declare')
  const named = await tool('declare-queue', ['-q', ''])
  if (!named.startsWith('amq.gen-')) throw new Error(`server-named queue is called ${named}`)
  await refused("406, message: PRECONDITION_FAILED - inequivalent arg 'durable'", 'declare-queue', ['-q', queue])
  await tool('delete-queue', ['-q', queue])
  await tool('delete-queue', ['-q', named.trim()])
  return 'durable and server-named queue, 406 refusal'
}

async function publish(): Promise<string> {
  const queue = await declareQueue('publish')
  await publishLines(queue)
  const options = [
    '-r',
    queue,
    '-p',
    '-C',
    'text/plain',
    '-E',
    'utf-8',
    '-H',
    'kind: last',
    '-t',
    'nobody',
    '-b',
    'last',
  ]
  await tool('publish', options)
  await refused("404, message: NOT_FOUND - no exchange 'nowhere'", 'publish', [
    '-e',
    'nowhere',
    '-r',
    'x',
    '-b',
    'lost',
  ])
  expectSame('messages in the queue', await deleteQueue(queue), LINES + 1)
  return `${LINES} persistent lines and one with properties in the queue, 404 refusal`
}

async function get(): Promise<string> {
  const queue = await declareQueue('get')
  for (const body of ['one', 'two']) await tool('publish', ['-r', queue, '-b', body])
  expectSame('first message', await tool('get', ['-q', queue]), 'one')
  expectSame('second message', await tool('get', ['-q', queue]), 'two')
  const empty = await run('amqp-get', ['-u', url, '-q', queue])
  expectSame('exit code and output on an empty queue', [empty.code, empty.out], [2, ''])
  await refused("404, message: NOT_FOUND - no queue 'interop.nowhere'", 'get', ['-q', 'interop.nowhere'])
  await deleteQueue(queue)
  return 'two messages in order, then empty, 404 refusal'
}

async function consumeWithAcks(): Promise<string> {
  const queue = await declareQueue('consume')
  await publishLines(queue)
  const seen = await tool('consume', ['-q', queue, '-p', '10', '-c', String(LINES), 'cat'])
  expectSame('lines', seen, lines())
  expectSame('messages left after the acks', await deleteQueue(queue), 0)
  return `${LINES} of ${LINES} in order, prefetch 10`
}

async function requeue(): Promise<string> {
  const queue = await declareQueue('requeue')
  for (const body of ['one', 'two']) await tool('publish', ['-r', queue, '-b', body])
  const failing = ['--', 'sh', '-c', 'cat; exit 1'] // amqp-consume acknowledges only if its command succeeds
  expectSame('seen, not acknowledged', await tool('consume', ['-q', queue, '-c', '2', ...failing]), 'onetwo')
  expectSame('seen again', await tool('consume', ['-q', queue, '-c', '1', 'cat']), 'one')
  expectSame('messages left', await deleteQueue(queue), 1)
  return 'two messages unacknowledged when the connection ended came back in place'
}

async function bindAndFanOut(): Promise<string> {
  const prefix = freshName('key')
  const queues = [freshName('left'), freshName('right')]
  const consumers: Promise<string>[] = []
  for (const queue of queues) {
    const bound = Promise.withResolvers<void>()
    const binding = ['-q', queue, '-e', 'amq.topic', '-r', `${prefix}.*`]
    const consumer = tool('consume', [...binding, '-c', '3', 'cat'], { onOutput: bound.resolve })
    consumers.push(consumer)
    await Promise.race([declared(queue), consumer])
    await tool('publish', ['-r', queue, '-b', 'bound, '])
    await Promise.race([bound.promise, consumer])
  }
  for (const last of ['a', 'b.c', 'd'])
    await tool('publish', ['-e', 'amq.topic', '-r', `${prefix}.${last}`, '-b', last])
  expectSame('seen by each', await Promise.all(consumers), ['bound, ad', 'bound, ad'])
  for (const queue of queues) await refused('404, message: NOT_FOUND', 'get', ['-q', queue])
  return 'two queues bound to amq.topic each got the two of three messages whose key matched, then were auto-deleted'
}

async function declared(queue: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const { code } = await run('amqp-get', ['-u', url, '-q', queue])
    if (code === 2) return // there and empty
    await setTimeout(50)
  }
  throw new Error(`amqp-consume did not declare ${queue}`)
}

async function deletion(): Promise<string> {
  const queue = await declareQueue('delete')
  await tool('publish', ['-r', queue, '-b', 'one'])
  await refused('406, message: PRECONDITION_FAILED', 'delete-queue', ['-q', queue, '-e'])
  expectSame('messages deleted', await deleteQueue(queue), 1)
  await refused(`404, message: NOT_FOUND - no queue '${queue}'`, 'get', ['-q', queue])
  return 'not while --if-empty and full, then with its message'
}

async function declareQueue(purpose: string): Promise<string> {
  const queue = freshName(purpose)
  expectSame('amqp-declare-queue', await tool('declare-queue', ['-q', queue, '-d']), queue + '\n')
  return queue
}

/** Deletes it; the number of messages it still held. */
async function deleteQueue(queue: string): Promise<number> {
  return Number(await tool('delete-queue', ['-q', queue]))
}

async function publishLines(queue: string): Promise<void> {
  await tool('publish', ['-r', queue, '-p', '-l'], { input: lines() })
}

function lines(): string {
  return Array.from({ length: LINES }, (_, number) => `line ${number}\n`).join('')
}

/** Runs one of the tools; what it printed. @throws if it did not exit with 0. */
async function tool(name: string, options: string[], streams: Streams = {}): Promise<string> {
  const { code, out, err } = await run(`amqp-${name}`, ['-u', url, ...options], streams)
  if (code !== 0) throw new Error(`amqp-${name} ${options.join(' ')} exited with ${code}: ${err}`)
  return out
}

async function refused(expected: string, name: string, options: string[]): Promise<void> {
  const { code, err } = await run(`amqp-${name}`, ['-u', url, ...options])
  if (code !== 1 || !err.includes(expected)) {
    throw new Error(`amqp-${name} ${options.join(' ')}: expected ${expected}, got exit code ${code} and ${err}`)
  }
}

function run(command: string, options: string[], { input, onOutput }: Streams = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, options, { timeout: 20_000 })
    const ran: Ran = { code: null, out: '', err: '' }
    child.stdout.on('data', (bytes) => {
      ran.out += bytes
      onOutput?.()
    })
    child.stderr.on('data', (bytes) => {
      ran.err += bytes
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...ran, code }))
    child.stdin.on('error', () => undefined) // a tool that ends early is judged by its exit code
    child.stdin.end(input)
  })
}
