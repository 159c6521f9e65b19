// Transcripts: what a client says and what it must hear, line by line. A dialogue has one or more connections (by
// letter), each with channels; both come into being when first used. Every method that arrives must be expected.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { type Login, Run, type Step } from './run.ts'
import { all, leave, Speaker } from './speaker.ts'
import { broker, startTarget, type Target } from './target.ts'

export { capture, captured } from './hearing.ts'
export { type Step, startOk } from './run.ts'
export { all, pause, Speaker } from './speaker.ts'

const page = readFileSync(new URL('../../../docs/protocols.md', import.meta.url), 'utf8')

/** How a connection is to log in when it is first used. */
export function login(connection: string, as: Login): Step {
  return async (run) => {
    run.logins.set(connection, as)
  }
}

/** Lines that differ between Signalbox and RabbitMQ 3.10; the reason must stand, word for word, in docs/protocols.md. */
export function differs(reason: string, lines: { signalbox: Step[]; rabbit: Step[] }): Step {
  if (!page.includes(`| ${reason} |`)) throw new Error(`docs/protocols.md does not say: ${reason}`)
  return all(...lines[broker])
}

/** Runs a file's dialogues, each a test, against one broker; what a dialogue declares by name is gone before and after. */
export function dialogues(table: { readonly [title: string]: readonly Step[] }): void {
  describe('dialogues', () => {
    let target: Target | undefined
    before(async () => {
      target = await startTarget()
    })
    after(() => target?.stop())
    for (const [title, steps] of Object.entries(table)) test(title, () => play(target!, steps))
  })
}

async function play(target: Target, steps: readonly Step[]): Promise<void> {
  const run = new Run(target)
  try {
    for (const [index, step] of steps.entries()) {
      try {
        await step(run)
      } catch (error) {
        throw new Error(`line ${index + 1}: ${(error as Error).message}`, { cause: error })
      }
    }
    for (const [name, client] of run.clients) assert.equal(client.leftOver(), '', `unexpected on connection ${name}`)
    for (const name of [...run.clients.keys()]) if (!run.clients.get(name)!.ended) await leave(run, name)
  } finally {
    for (const client of run.clients.values()) await client.end()
    await sweep(target, run)
  }
}

async function sweep(target: Target, { declared }: Run): Promise<void> {
  const run = new Run(target)
  const broom = new Speaker('broom', 1)
  const named = (name: string) => name !== '' && !name.startsWith('amq.')
  for (const queue of [...declared.queues].filter(named)) {
    await broom.send('queue.delete', { queue })(run)
    await (await run.client('broom')).next(1)
  }
  for (const exchange of [...declared.exchanges].filter(named)) {
    await broom.send('exchange.delete', { exchange })(run)
    await (await run.client('broom')).next(1)
  }
  await run.clients.get('broom')?.end()
}
