/** A whole random history of a broker from one seed: clients at work, ends of every kind, and the judgement. */
import assert from 'node:assert/strict'
import { BrokerClients } from './broker-clients.ts'
import { BrokerRun } from './broker-run.ts'
import { sizesOf, told } from './history.ts'

const GENERATIONS = 3
const STEPS_MAX = 120
const DIRECT = ['plain', 'limited', 'brief', 'short', 'strict', 'retried', 'ranked', 'ruled']
const BODY_BYTES = [12, 12, 60, 60, 300, 2000, 40_000]
const DELAYS_MS = [1, 20, 100, 700, 3000, 9000]
const DOWN_MS = [0, 0, 50, 2000, 20_000]
const KEYS = 8
const LEFT_STEPS_MAX = 400
const STEP_MS_MAX = 2000

/** @throws with the seed in its message */
export async function liveThroughBroker(seed: number): Promise<void> {
  const run = new BrokerRun(sizesOf(seed))
  const ends: string[] = []
  await told({ name: 'broker', seed, ends, trace: () => run.disk.trace }, async () => {
    await run.open()
    for (let generation = 0; generation < GENERATIONS; generation++) await generate(run, ends)
    await finish(run)
  })
}

async function generate(run: BrokerRun, ends: string[]): Promise<void> {
  const { random } = run
  const end = random.pick(['cut', 'now', 'now', 'kill', 'restart'] as const)
  const downMs = random.pick(DOWN_MS)
  ends.push(`${end} (${downMs} ms down)`)
  if (end === 'cut') run.disk.powerOffAfter(random.below(150))
  const clients = new BrokerClients(run)
  await clients.connect()
  for (let left = 20 + random.below(STEPS_MAX); left > 0 && !run.isOff; left--) await act(run, clients)
  if (end === 'restart') await run.settle()
  else await burst(run, clients)
  const clean = end === 'restart' && !run.isOff
  if (clean) clients.hear()
  clients.gone(clean)
  if (clean) await run.restart(downMs)
  else await run.crash(end === 'kill' ? 'kill' : 'power', downMs, random.chance(1, 4) ? random.below(20) : undefined)
}

async function act(run: BrokerRun, clients: BrokerClients): Promise<void> {
  const { random } = run
  const draw = random.below(100)
  if (draw < 40) for (let count = 1 + random.below(4); count > 0; count--) publish(run, clients)
  else if (draw < 60) answerSome(run, clients)
  else if (draw < 75) run.clock.advance(random.below(120))
  else if (draw < 78) run.clock.advance(random.below(1500))
  else if (draw < 80) rule(run)
  else if (draw < 83) {
    if (await run.durable()) run.book.durable()
  } else await run.turns(random.below(15))
  if (!run.isOff) clients.hear()
}

/** Much at once, so that an end falls between the writes of a round. */
async function burst(run: BrokerRun, clients: BrokerClients): Promise<void> {
  if (run.isOff) return
  for (let count = run.random.below(6); count > 0; count--) publish(run, clients)
  for (let left = 12; left > 0 && clients.unacked.length > 0; left--) clients.nack(run.random.chance(1, 4))
  run.clock.advance(run.random.below(300))
  await run.turns(run.random.below(8))
}

function publish(run: BrokerRun, clients: BrokerClients): void {
  const { random } = run
  const bodyLength = random.pick(BODY_BYTES)
  const draw = random.below(100)
  const delayMs = random.pick(DELAYS_MS)
  if (draw < 15) clients.publish('later', { exchange: 'waiting', delayMs, bodyLength })
  else if (draw < 25) clients.publish('later', { deliverAtMs: run.clock.now() + delayMs, bodyLength })
  else if (draw < 35) clients.publish('unique', { exchange: 'once', key: `k${random.below(KEYS)}`, bodyLength })
  else if (draw < 40) clients.publish('alone', { key: `own${random.below(KEYS)}`, bodyLength })
  else if (draw < 45) clients.publish('ranked', { priority: random.below(5), bodyLength })
  else if (draw < 55) clients.publish('limited', { expirationMs: random.below(400), bodyLength })
  else clients.publish(random.pick(DIRECT), { bodyLength })
}

/** Sets the policy of a queue anew, or removes it. */
function rule(run: BrokerRun): void {
  const { random } = run
  const definition = random.pick([null, { 'max-length': random.below(5) }, { 'message-ttl': random.below(300) }])
  run.setPolicy('ruled', definition)
}

function answerSome(run: BrokerRun, clients: BrokerClients): void {
  const { random } = run
  for (let left = random.below(12); left > 0 && clients.unacked.length > 0; left--) {
    const draw = random.below(10)
    if (draw < 5) clients.ack()
    else clients.nack(draw < 8)
  }
}

/** Everything is consumed, however late it is due; then the book is judged. */
async function finish(run: BrokerRun): Promise<void> {
  const clients = new BrokerClients(run)
  await clients.connect()
  for (let left = LEFT_STEPS_MAX; ; left--) {
    await run.settle()
    clients.hear()
    const idle = clients.unacked.length === 0 && unsettled(run) === 0
    clients.ackAll()
    if (idle || left === 0) break
    await run.settle()
    run.clock.advance(Math.min(run.clock.nextTimer() ?? STEP_MS_MAX, STEP_MS_MAX))
  }
  assert.equal(unsettled(run), 0, 'some messages are never delivered')
  run.book.judge()
}

/** Messages in queues and due lanes. */
function unsettled(run: BrokerRun): number {
  let count = 0
  for (const log of run.engine.logs.values()) if (!log.owner.includes('dedup')) count += log.unsettled
  return count
}
