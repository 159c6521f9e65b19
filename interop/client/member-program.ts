/**
 * A process that receives, subscribes or serves, and notes what it gets in a file that all such processes append to:
 * `node member-program.ts BROKER FILE SETTINGS`.
 */
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CallContext, connect, type From, type Received } from '../../client/src/index.ts'

export interface Work {
  readonly n: number
  /** What its handler does when it gets it first. */
  readonly act?: 'die' | 'throw'
}

export interface Note {
  readonly by: string
  readonly what: 'got' | 'began' | 'aborted'
  readonly n: number
  readonly name?: string
  readonly key?: string | null
}

export interface Member {
  /** How it signs its notes. */
  readonly by: string
  readonly as: 'unicast' | 'multicast' | 'broadcast' | 'anycast' | 'subscriber' | 'server'
  readonly name: string
  /** Of a unicast or multicast. */
  readonly member?: string
  /** Listens to a broadcast by its name. */
  readonly durable?: boolean
  readonly dispatch?: 'random' | 'least-loaded'
  /** Of a subscriber. */
  readonly pattern?: string
  readonly group?: string
  readonly from?: From
  readonly ordered?: boolean
  readonly concurrency?: number
}

const retry = { attempts: 5, minMs: 20, maxMs: 100 }
const [url, file, text] = process.argv.slice(2) as [string, string, string]
const {
  by,
  as,
  name,
  member = by,
  durable = false,
  dispatch,
  pattern = '#',
  group,
  from,
  ordered = false,
  concurrency = 1,
}: Member = JSON.parse(text)
const note = (what: Note['what'], n: number, more: Partial<Note> = {}): void =>
  appendFileSync(file, `${JSON.stringify({ by, what, n, ...more })}\n`)

const box = await connect({ url, reconnect: { minMs: 20, maxMs: 300 } })
box.on('error', (error) => console.log(`error: ${error.message}`))
const kinds: Record<Member['as'], () => Promise<unknown>> = {
  unicast: () => box.unicast<Work>(name, { retry }).receive(member, take, { concurrency }),
  multicast: () => box.multicast<Work>(name, { retry }).join(member, take, { concurrency }),
  broadcast: () => box.broadcast<Work>(name, { retry }).listen(take, { concurrency, ...(durable && { as: member }) }),
  anycast: () => box.anycast<Work>(name, { retry, ...(dispatch && { dispatch }) }).receive(take, { concurrency }),
  subscriber: subscribe,
  server: serve,
}
await kinds[as]()
console.log('ready')

async function take({ data, attempt }: Received<Work>, more: Partial<Note> = {}): Promise<void> {
  if (attempt === 1 && data.act === 'die') process.kill(process.pid, 'SIGKILL')
  if (attempt === 1 && data.act === 'throw') throw new Error('not at first')
  note('got', data.n, more)
}

async function subscribe(): Promise<void> {
  const options = {
    concurrency,
    ...(from !== undefined && { from }),
    ...(group !== undefined && { group, ordered, retry }),
  }
  await box.topic<Record<string, Work>>(name).subscribe(
    pattern,
    async (event) => {
      const { name, key } = event
      await take(event, { name, key })
    },
    options,
  )
}

async function serve(): Promise<void> {
  const service = box.service(name)
  await service.handle('double', (n: number) => {
    note('got', n)
    return { by, double: n * 2 }
  })
  await service.handle('fail', (n: number) => {
    throw Object.assign(new RangeError(`no ${n}`), { code: 'OUT_OF_TEA' })
  })
  await service.handle('die', (n: number, { redelivered }: CallContext) => {
    note('began', n)
    if (!redelivered) process.kill(process.pid, 'SIGKILL')
    return by
  })
  await service.handle('wait', async (n: number, { signal }: CallContext) => {
    note('began', n)
    while (!signal.aborted) await sleep(5)
    note('aborted', n)
  })
}
