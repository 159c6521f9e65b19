import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { TopicWorld } from '../topic/harness.ts'
import { Client, GROUP, REBALANCE_MS, SESSION_MS } from './consumer-clients.ts'

const names = ['t0', 't1', 't2']

type Step =
  | { readonly kind: 'beat' | 'lose' | 'revoke' | 'leave' | 'away' | 'die'; readonly client: number }
  | { readonly kind: 'subscribe'; readonly client: number; readonly topics: string[] }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'widen' | 'delete' | 'create'; readonly topic: string }
  | { readonly kind: 'restart' }

const client = fc.nat({ max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('beat' as const), client }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('lose' as const, 'away' as const, 'leave' as const), client }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('revoke' as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('die' as const), client }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('subscribe' as const), client, topics: fc.subarray(names) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 30_000 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('widen' as const, 'delete' as const, 'create' as const),
      topic: fc.constantFrom(...names),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
)

/** Two of the five have instance ids. */
function makeClients(world: TopicWorld): Client[] {
  return [0, 1, 2, 3, 4].map((n) => new Client(world, `m${n}`, ['t0', 't1'], n < 2 ? `i${n}` : null))
}

async function take(world: TopicWorld, clients: readonly Client[], step: Step, nextId: () => string): Promise<void> {
  const one = 'client' in step ? clients[step.client]! : clients[0]!
  switch (step.kind) {
    case 'beat':
      one.beat()
      break
    case 'lose':
      one.beat({ lost: true })
      break
    case 'revoke':
      one.finishRevoking()
      break
    case 'leave':
      one.leave()
      break
    case 'away':
      one.leave(one.instanceId !== null)
      if (one.instanceId !== null) one.id = nextId()
      break
    case 'die':
      one.abandon()
      one.id = nextId()
      break
    case 'subscribe':
      one.subscribe(step.topics)
      break
    case 'pass':
      await pass(world, clients, step.ms)
      break
    case 'restart':
      await world.restart()
      break
    default:
      changeTopic(world, step.kind, step.topic)
  }
}

/** Clients know before the broker acts, as they measure from what they heard. */
async function pass(world: TopicWorld, clients: readonly Client[], ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    for (const one of clients) one.timePassesTo(world.clock.now() + 1000)
    await world.pass(Math.min(1000, ms - passed))
  }
}

function changeTopic(world: TopicWorld, kind: 'widen' | 'delete' | 'create', name: string): void {
  const topic = world.topics.get(name)
  if (topic === undefined) {
    if (kind === 'create') world.create(name, { partitions: 3 })
  } else if (kind === 'delete') world.topics.delete(topic)
  else if (kind === 'widen' && topic.partitions.length < 8) world.topics.addPartitions(topic, 1)
}

function checkOneOwner(clients: readonly Client[]): void {
  const owners = new Map<string, string>()
  for (const { id, owned } of clients) {
    for (const partition of owned) {
      assert.equal(owners.get(partition), undefined, `${partition} is owned by ${owners.get(partition)} and ${id}`)
      owners.set(partition, id)
    }
  }
}

/** All that live beat in turn, and nothing else happens: it must come to rest, with all that is wanted owned. */
function checkConverges(world: TopicWorld, clients: readonly Client[]): void {
  for (let round = 0; round < 12; round++) {
    for (const one of clients) {
      one.beat()
      checkOneOwner(clients)
      one.finishRevoking()
    }
  }
  const group = world.broker.vhost('/').streams.groups.consumer(GROUP, false)!
  assert.equal(group.state, 'Stable')
  for (const one of clients) assert.equal(one.epoch, group.assignmentEpoch, one.id)
  const wanted = new Set<string>()
  for (const { topics, owned } of clients) {
    const ids = topics.flatMap((name) => world.topics.get(name) ?? [])
    for (const topic of ids) for (const { index } of topic.partitions) wanted.add(`${topic.id} ${index}`)
    for (const partition of owned) assert.ok(ids.some(({ id }) => partition.startsWith(`${id} `)))
  }
  assert.deepEqual(new Set(clients.flatMap(({ owned }) => [...owned])), wanted)
}

suite('a consumer group', () => {
  test('never gives a partition to two, and comes to rest', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
        const world = await TopicWorld.open()
        for (const name of names.slice(0, 2)) world.create(name, { partitions: 4 })
        const clients = makeClients(world)
        let ids = 0
        for (const one of steps) {
          await take(world, clients, one, () => `n${ids++}`)
          checkOneOwner(clients)
        }
        await pass(world, clients, SESSION_MS + REBALANCE_MS)
        checkConverges(world, clients)
        changeTopic(world, world.topics.get('t0') === undefined ? 'create' : 'delete', 't0')
        checkConverges(world, clients)
        world.broker.vhost('/').streams.stop()
      }),
      { numRuns: 60 },
    )
  })
})
