/** Members of classic groups, as their calls: each one notes every answer it gets. */
import { strict as assert } from 'node:assert'
import type { JoinAnswer, JoinRequest, SyncAnswer } from '../../src/broker/group/classic-calls.ts'
import type { ClassicGroup } from '../../src/broker/group/classic-group.ts'
import type { Groups } from '../../src/broker/group/groups.ts'
import type { StreamSettings } from '../../src/broker/stream-settings.ts'
import { TopicWorld } from '../topic/harness.ts'

export const REBALANCE_MS = 60_000
export const SESSION_MS = 10_000

/** A call and what it was answered. */
export class Asked<T> {
  readonly answers: T[] = []
  readonly take = (answer: T): void => {
    this.answers.push(answer)
  }

  get waits(): boolean {
    return this.answers.length === 0
  }

  /** The one answer. */
  get answer(): T {
    assert.equal(this.answers.length, 1, `${this.answers.length} answers to one call`)
    return this.answers[0]
  }
}

export type Joining = Partial<JoinRequest> & { readonly topics?: readonly string[] }

export class GroupWorld {
  readonly world: TopicWorld

  private constructor(world: TopicWorld) {
    this.world = world
  }

  static async open(settings: Partial<StreamSettings> = {}): Promise<GroupWorld> {
    return new GroupWorld(await TopicWorld.open({ groupInitialRebalanceDelayMs: 0, ...settings }))
  }

  get groups(): Groups {
    return this.world.broker.vhost('/').streams.groups
  }

  get group(): ClassicGroup {
    return this.groups.classic('g', true)!
  }

  join(joining: Joining = {}): Asked<JoinAnswer> {
    const asked = new Asked<JoinAnswer>()
    const { topics = ['t'], ...request } = joining
    const whole: JoinRequest = {
      memberId: '',
      instanceId: null,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: REBALANCE_MS,
      protocolType: 'consumer',
      protocols: [protocol('range', topics)],
      knowsMemberIdRequired: false,
      knowsSkipAssignment: true,
      ...request,
    }
    this.group.join(whole, asked.take)
    return asked
  }

  sync(memberId: string, generation: number, assigned: Readonly<Record<string, string>> = {}, instanceId?: string) {
    const asked = new Asked<SyncAnswer>()
    const assignments = new Map(Object.entries(assigned).map(([id, text]) => [id, Buffer.from(text)]))
    const identity = { memberId, instanceId: instanceId ?? null }
    this.group.sync({ ...identity, generation, protocolType: null, protocol: null, assignments }, asked.take)
    return asked
  }

  /** A stable group of so many members. @returns their ids, the leader's first */
  async stable(count: number, joining: (index: number) => Joining = () => ({})): Promise<string[]> {
    const joins = Array.from({ length: count }, (_, index) => this.join(joining(index)))
    await this.world.pass(0)
    return this.synced(joins)
  }

  /** Lets the leader assign each member a text: its index. */
  async synced(joins: readonly Asked<JoinAnswer>[]): Promise<string[]> {
    const ids = joins.map(({ answer }) => answer.memberId)
    const { generation, leader } = joins[0].answer
    const assigned = Object.fromEntries(ids.map((id, index) => [id, String(index)]))
    const syncs = ids.map((id) => this.sync(id, generation, id === leader ? assigned : {}, this.instanceOf(id)))
    await this.world.settle()
    for (const [index, sync] of syncs.entries()) {
      assert.equal(sync.answer.error, null)
      assert.equal(Buffer.from(sync.answer.assignment).toString(), String(index))
    }
    return ids
  }

  heartbeat(memberId: string, generation: number) {
    return this.group.heartbeat({ memberId, instanceId: this.instanceOf(memberId) ?? null }, generation)
  }

  leave(...ids: string[]) {
    return this.group.leave(ids.map((memberId) => ({ memberId, instanceId: null })))
  }

  private instanceOf(id: string): string | undefined {
    return this.group.members.get(id)?.instanceId ?? undefined
  }
}

/** As consumers say what they want: a version, the topics, no user data. */
export function protocol(name: string, topics: readonly string[]) {
  const parts = topics.map((topic) => {
    const text = Buffer.from(topic)
    const length = Buffer.alloc(2)
    length.writeInt16BE(text.length)
    return Buffer.concat([length, text])
  })
  const head = Buffer.alloc(6)
  head.writeInt32BE(topics.length, 2)
  return { name, metadata: new Uint8Array(Buffer.concat([head, ...parts, Buffer.from([0xff, 0xff, 0xff, 0xff])])) }
}
