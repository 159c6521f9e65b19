/** Random members of one classic group that come, go, fall silent and lose connections, and a broker that starts again. */
import { strict as assert } from 'node:assert'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ClassicGroup } from '../../src/broker/group/classic-group.ts'
import { GroupWorld, SESSION_MS } from './calls.ts'
import { ClassicClient, REBALANCE_MS, STATIC_SESSION_MS, Witness } from './classic-clients.ts'

type Step =
  | { readonly kind: 'act' | 'commit' | 'sleep' | 'lose' | 'leave' | 'die' | 'restart'; readonly client: number }
  | { readonly kind: 'subscribe'; readonly client: number; readonly topics: string[] }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'round' | 'settle' | 'broker' }

const ROUND_MS = SESSION_MS / 4

const client = fc.nat({ max: 4 })
const of = <K extends string>(...kinds: K[]) => fc.record({ kind: fc.constantFrom(...kinds), client })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: of('act') },
  { weight: 8, arbitrary: of('commit') },
  { weight: 2, arbitrary: of('sleep') },
  { weight: 4, arbitrary: of('lose', 'leave', 'die', 'restart') },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('subscribe'), client, topics: fc.subarray(['t', 'u']) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 1, max: SESSION_MS / 2 }) }) },
  { weight: 24, arbitrary: fc.record({ kind: fc.constant('round') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('settle') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('broker') }) },
)

class Run {
  readonly world: GroupWorld
  readonly witness = new Witness()
  readonly clients: ClassicClient[]

  constructor(world: GroupWorld) {
    this.world = world
    this.clients = [null, null, null, 'i3', 'i4'].map((instance) => new ClassicClient(world, this.witness, instance))
  }

  async take(step: Step): Promise<void> {
    const one = 'client' in step ? this.clients[step.client] : null
    switch (step.kind) {
      case 'act':
        return one!.act()
      case 'commit':
        return one!.commit()
      case 'sleep':
        one!.asleep = !one!.asleep
        return
      case 'lose':
        return one!.loseConnection()
      case 'leave':
        return one!.leave()
      case 'die':
        return one!.die()
      case 'restart':
        return one!.restart()
      case 'subscribe':
        one!.topics = step.topics
        return
      case 'pass':
        return this.world.world.pass(step.ms)
      case 'round':
        return this.round()
      case 'settle':
        return this.world.world.settle()
      case 'broker':
        return this.restart()
    }
  }

  /** All who are awake do what comes next. */
  async round(): Promise<void> {
    for (const one of this.clients) if (!one.asleep) one.act()
    await this.world.world.pass(ROUND_MS)
  }

  /** What stood before is there again, unless it was not assigned. */
  async restart(): Promise<void> {
    await this.world.world.settle()
    const before = this.world.groups.classic('g', true)!
    const expected = before.state === 'Stable' || before.state === 'Empty' ? picture(before) : null
    const used = before.protocolType !== ''
    this.witness.connectionsLost()
    await this.world.world.restart()
    if (expected !== null && used) assert.deepEqual(picture(this.world.groups.classic('g', true)!), expected)
    for (const one of this.clients) one.loseConnection()
  }

  /** Everybody acts until nothing more can happen, and all who are alive are members of one generation. */
  async finish(): Promise<void> {
    for (const one of this.clients) {
      one.asleep = false
      if (!one.alive) one.restart()
    }
    for (let round = 0; round < 40; round++) {
      await this.round()
      this.witness.answered(false)
    }
    const generations = new Set(this.clients.map(({ generation }) => generation))
    assert.equal(generations.size, 1)
    assert.deepEqual([...generations], [this.world.group.generation])
    assert.equal(this.world.group.state, 'Stable')
    assert.equal(this.world.group.members.size, this.clients.length)
    for (const one of this.clients) one.die()
    await this.world.world.pass(STATIC_SESSION_MS)
    await this.world.world.pass(REBALANCE_MS)
    assert.equal(this.world.group.state, 'Empty')
    this.witness.answered(true)
    this.world.world.broker.vhost('/').streams.stop()
    assert.equal(this.world.groups.classic('g', true)!.members.size, 0)
  }
}

function picture(group: ClassicGroup) {
  const members = [...group.members].map(({ id, instanceId, assignment }) => [
    id,
    instanceId,
    Buffer.from(assignment).toString(),
  ])
  const { state, generation, protocol, protocolType } = group
  return { state, generation, protocol, protocolType, leader: group.members.leader, members }
}

test('one generation at a time, one answer to each call, no commit of a fenced member, the same after a start', async () => {
  let commits = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), async (steps) => {
      const world = await GroupWorld.open()
      world.world.create('t')
      const run = new Run(world)
      for (const one of steps) {
        await run.take(one)
        run.witness.answered(false)
      }
      await run.finish()
      commits += run.witness.commits
    }),
    { numRuns: 200 },
  )
  assert.ok(commits > 60, `only ${commits} commits`)
})
