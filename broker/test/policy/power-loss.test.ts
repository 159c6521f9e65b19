// Policies and changed arguments when the power goes, or the process dies, at any write: what comes back is what stood at
// the last durable round or at some moment after it, policies and arguments alike, and queues have the settings for it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveQueueSettings } from '../../src/broker/queue/settings.ts'
import type { Vhost } from '../../src/broker/vhost.ts'
import { BrokerRun } from '../simulation/broker-run.ts'

const SEEDS = Number(process.env.SEEDS ?? 12)
const FIRST_SEED = Number(process.env.FIRST_SEED ?? 1)
const LIVES = 4
const NAMES = ['a', 'b', 'c']
const KINDS = ['policy', 'operator-policy'] as const

/** All that is to be kept, as a text. */
function stateOf(vhost: Vhost): string {
  const policies = KINDS.map((kind) => vhost.policies.list(kind).map(({ name, definition }) => [name, definition]))
  return JSON.stringify([policies, vhost.queue('q', null).arguments])
}

function act({ random, broker }: BrokerRun): void {
  const vhost = broker.vhost('/')
  const kind = random.pick(KINDS)
  const name = random.pick(NAMES)
  const draw = random.below(10)
  const input = { pattern: '', definition: { 'max-length': random.below(1000) }, priority: random.below(3) }
  if (draw < 6) vhost.policies.put(kind, name, input)
  else if (draw < 8) vhost.policies.remove(kind, name)
  else vhost.alterQueue('q', { 'x-max-length': draw === 8 ? random.below(1000) : null })
}

async function live(seed: number): Promise<void> {
  const run = new BrokerRun({ seed, shards: seed % 2 === 0 ? 1 : 3, tailBytesMax: 1 << 20, journalFileBytes: 1 << 20 })
  const { random } = run
  await run.open()
  const declared = { name: 'q', durable: true, autoDelete: false, exclusiveTo: null, arguments: {} }
  run.broker.vhost('/').declareQueue(declared, null)
  await run.durable()
  let states = [stateOf(run.broker.vhost('/'))]
  for (let life = 0; life < LIVES; life++) {
    run.disk.powerOffAfter(random.below(60))
    for (let left = random.below(60); left > 0 && !run.isOff; left--) {
      if (random.chance(1, 6)) {
        if (await run.durable()) states = states.slice(-1)
      } else {
        act(run)
        states.push(stateOf(run.broker.vhost('/')))
      }
    }
    await run.crash(random.pick(['power', 'kill'] as const), 0)
    const vhost = run.broker.vhost('/')
    const state = stateOf(vhost)
    assert.ok(states.includes(state), `${state} is none of ${states.join('\n')}`)
    const { policy, operatorPolicy } = vhost.policies.of(vhost.queue('q', null))
    const { arguments: args, settings } = vhost.queue('q', null)
    const definitions = [policy?.definition ?? null, operatorPolicy?.definition ?? null] as const
    assert.deepEqual(settings, resolveQueueSettings(args, ...definitions, { consumerTimeoutMs: 1_800_000 }))
    states = [state]
  }
}

for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
  test(`seed ${seed}`, () => live(seed))
}
