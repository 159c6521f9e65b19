/**
 * Producers that know nothing of each other write in transactions, are replaced while they do, come back too late, lose
 * answers; the broker dies in between. A book keeps what each was told: committed records and offsets are there, whole
 * and in order, and nothing of the others is.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../../src/base/random.ts'
import { World } from './harness.ts'
import { type Dialect, Producer } from './producer.ts'

const TOPICS = ['a', 'b', 'c']
const STEPS = 120
const SEEDS = 12

/** What one transaction wrote, and what its producer knows of its end. */
interface Attempt {
  readonly label: string
  readonly values: Map<string, string[]>
  offset: number | null
  outcome: 'open' | 'committed' | 'unknown' | 'aborted'
}

class Client {
  readonly id: string
  readonly dialect: Dialect
  producer: Producer
  current: Attempt | null = null
  attempts: Attempt[] = []
  private count = 0

  constructor(world: World, id: string, dialect: Dialect) {
    this.id = id
    this.dialect = dialect
    this.producer = new Producer(world, id, dialect)
  }

  begin(): Attempt {
    this.current = { label: `${this.id}.${this.count++}`, values: new Map(), offset: null, outcome: 'open' }
    this.attempts.push(this.current)
    return this.current
  }

  /** What it held open is lost: nobody will commit it. */
  drop(outcome: 'unknown' | 'aborted'): void {
    if (this.current !== null) this.current.outcome = outcome
    this.current = null
  }

  async init(): Promise<void> {
    this.drop('aborted')
    await this.producer.init()
  }
}

for (let seed = 1; seed <= SEEDS; seed++) {
  test(`random transactions, seed ${seed}`, async () => {
    const world = await World.open({ seed })
    const random = new SeededRandom(seed * 7919)
    await world.createTopic('in')
    for (const topic of TOPICS) await world.createTopic(topic)
    const inputs = Array.from({ length: 200 }, (_, i) => String(i))
    world.append('in', 0, { values: inputs, producerId: -1, producerEpoch: -1, baseSequence: -1, transactional: false })
    await world.settle()
    const clients = ['p', 'q', 'r'].map((id, i) => new Client(world, id, i === 0 ? 1 : 2))
    for (const client of clients) await client.init()
    const zombies: Producer[] = []
    for (let step = 0; step < STEPS; step++) {
      await act(world, random, clients, zombies)
      checkStable(world)
    }
    for (const client of clients) await client.init()
    await check(world, clients)
  })
}

async function act(world: World, random: SeededRandom, clients: Client[], zombies: Producer[]): Promise<void> {
  const client = clients[random.below(clients.length)]!
  const dice = random.below(100)
  if (dice < 45) send(random, client)
  else if (dice < 55) await sendOffset(random, client)
  else if (dice < 75) await end(client, random.chance(3, 4))
  else if (dice < 80) await replace(client, zombies)
  else if (dice < 90) await haunt(random, zombies)
  else if (dice < 95) await endAndDie(world, random, client)
  else if (dice < 98) await world.settle()
  else await die(world, random, clients)
}

function send(random: SeededRandom, client: Client): void {
  const attempt = client.current ?? client.begin()
  const topic = TOPICS[random.below(TOPICS.length)]!
  const values = attempt.values.get(topic) ?? []
  const value = `${attempt.label}:${topic}:${values.length}`
  assert.equal(client.producer.send(topic, 0, value), null, value)
  attempt.values.set(topic, [...values, value])
}

async function sendOffset(random: SeededRandom, client: Client): Promise<void> {
  const attempt = client.current ?? client.begin()
  attempt.offset = random.below(200) + 1
  assert.equal(client.producer.sendOffset(client.id, 'in', attempt.offset), null)
}

async function end(client: Client, commit: boolean): Promise<void> {
  if (client.current === null) return
  // An answer to a send comes before the end is sent.
  await client.producer.world.settle()
  assert.equal(await client.producer.endLater(commit), null)
  client.current.outcome = commit ? 'committed' : 'aborted'
  client.current = null
}

async function replace(client: Client, zombies: Producer[]): Promise<void> {
  zombies.push(client.producer)
  client.producer = client.producer.successor()
  await client.init()
}

/** Somebody who was replaced wakes up: whatever it does is refused. */
async function haunt(random: SeededRandom, zombies: Producer[]): Promise<void> {
  if (zombies.length === 0) return
  const zombie = zombies[random.below(zombies.length)]!
  assert.notEqual(zombie.send('a', 0, 'of a zombie'), null)
  assert.notEqual(zombie.sendOffset(zombie.transactionalId, 'in', 1), null)
  assert.notEqual(await zombie.endLater(random.chance(1, 2)), null)
}

/** The broker dies while the transaction ends: the answer may be lost. */
async function endAndDie(world: World, random: SeededRandom, client: Client): Promise<void> {
  const { current, producer } = client
  if (current === null) return
  const commit = random.chance(3, 4)
  await world.settle()
  let answered = false
  world.streams.transactions.end(producer.claimed, commit, producer.dialect === 2, () => {
    answered = true
  })
  for (let turns = random.below(30); turns > 0; turns--) await world.step()
  if (!commit) current.outcome = 'aborted'
  else current.outcome = answered ? 'committed' : 'unknown'
  client.current = null
  await world[random.chance(1, 2) ? 'kill' : 'powerLoss']()
  client.producer = producer.successor()
  await client.producer.init()
}

/** Whoever had an answer to all that it sent goes on after the broker died; others begin anew. */
async function die(world: World, random: SeededRandom, clients: Client[]): Promise<void> {
  const answered = random.chance(1, 2)
  if (answered) await world.settle()
  await world[random.chance(1, 2) ? 'kill' : 'powerLoss']()
  if (answered) return
  for (const client of clients) {
    if (client.current === null) continue
    client.producer = client.producer.successor()
    await client.init()
  }
}

function checkStable(world: World): void {
  for (const topic of TOPICS) {
    const { log } = world.partition(topic)
    for (const { transactionStart } of log.producers.all()) {
      if (transactionStart >= 0) assert.ok(log.lastStableOffset <= transactionStart, `${topic} is read too far`)
    }
    assert.ok(log.lastStableOffset <= log.highWatermark)
  }
}

async function check(world: World, clients: readonly Client[]): Promise<void> {
  const seen = new Map<string, string[]>()
  for (const topic of TOPICS) {
    const values = await world.read(topic)
    assert.equal(new Set(values).size, values.length, `${topic} holds a record twice`)
    seen.set(topic, values)
    const { log } = world.partition(topic)
    assert.equal(log.lastStableOffset, log.endOffset, `${topic} hangs`)
  }
  let expected = 0
  for (const client of clients) {
    let offset: number | null = null
    for (const attempt of client.attempts) {
      if (wasCommitted(attempt, seen, world, client)) {
        if (attempt.offset !== null) offset = attempt.offset
        for (const values of attempt.values.values()) expected += values.length
      }
    }
    assert.equal(world.committedOffset(client.id, 'in'), offset, `offset of ${client.id}`)
  }
  const total = [...seen.values()].reduce((sum, values) => sum + values.length, 0)
  assert.equal(total, expected, 'records of nobody')
}

/** All of it is seen and in order, or nothing is. */
function wasCommitted(attempt: Attempt, seen: Map<string, string[]>, world: World, client: Client): boolean {
  const found = [...attempt.values].map(([topic, values]) => {
    const there = seen.get(topic)!.filter((value) => value.startsWith(`${attempt.label}:`))
    if (there.length > 0) assert.deepEqual(there, values, `${attempt.label} in part or out of order`)
    return there.length > 0
  })
  if (attempt.outcome === 'unknown' && found.length > 0) {
    assert.ok(
      found.every((one) => one === found[0]),
      `${attempt.label} in part`,
    )
    return found[0]!
  }
  // Of offsets alone nothing tells but the offset.
  if (attempt.outcome === 'unknown') return world.committedOffset(client.id, 'in') === attempt.offset
  const committed = attempt.outcome === 'committed'
  assert.ok(
    found.every((one) => one === committed),
    `${attempt.label} is ${attempt.outcome}, seen ${found}`,
  )
  return committed
}
