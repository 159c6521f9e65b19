/** Members of a consumer group as their clients see it: what they believe they own, and what they say of it. */
import { type Assignment, assignmentOf, NOTHING } from '../../src/broker/group/consumer-group-assignment.ts'
import type { ConsumerHeartbeat, ConsumerHeartbeatAnswer } from '../../src/broker/group/consumer-group-heartbeat.ts'
import { StreamRefusal } from '../../src/broker/stream-refusal.ts'
import type { TopicWorld } from '../topic/harness.ts'

export const SESSION_MS = 45_000
export const REBALANCE_MS = 60_000
export const GROUP = 'g'

const key = (topicId: string, partition: number) => `${topicId} ${partition}`

function keysOf(assignment: Assignment): Set<string> {
  return new Set([...assignment].flatMap(([topicId, partitions]) => [...partitions].map((one) => key(topicId, one))))
}

function assignmentFrom(keys: Iterable<string>): Assignment {
  return assignmentOf([...keys].map((one) => [one.split(' ')[0]!, [Number(one.split(' ')[1])]]))
}

export class Client {
  readonly world: TopicWorld
  id: string
  readonly instanceId: string | null
  topics: readonly string[]
  regex: string | null = null
  epoch = 0
  joined = false
  /** By topic id and partition; what is being given up is still there. */
  owned = new Set<string>()
  private assigned = new Set<string>()
  /** The last answer did not come: everything is said again. */
  private unheard = false
  private heardMs = 0
  private revokingSinceMs: number | null = null

  constructor(world: TopicWorld, id: string, topics: readonly string[], instanceId: string | null = null) {
    this.world = world
    this.id = id
    this.topics = topics
    this.instanceId = instanceId
  }

  /** @returns the code of a refusal */
  beat(options: { lost?: boolean; full?: boolean; assignor?: string } = {}): string | null {
    const joining = !this.joined
    const full = joining || this.unheard || options.full === true
    const beat: ConsumerHeartbeat = {
      memberId: this.id,
      memberEpoch: joining ? 0 : this.epoch,
      instanceId: this.instanceId,
      rackId: null,
      rebalanceTimeoutMs: full ? REBALANCE_MS : -1,
      topicNames: full ? this.topics : null,
      topicRegex: full ? this.regex : null,
      assignor: options.assignor ?? null,
      owned: joining ? NOTHING : assignmentFrom(this.owned),
      clientId: 'client',
      clientHost: '/127.0.0.1',
      maySee: () => true,
    }
    try {
      const group = this.world.broker.vhost('/').streams.groups.consumer(GROUP, joining)
      if (group === undefined) throw new StreamRefusal('group-id-not-found', '')
      const answer = group.heartbeat(beat)
      if (options.lost) this.unheard = true
      else this.hear(answer)
      return null
    } catch (error) {
      if (!(error instanceof StreamRefusal)) throw error
      if (!options.lost) this.abandon()
      return error.code
    }
  }

  subscribe(topics: readonly string[]): void {
    this.topics = topics
    this.unheard = true
  }

  finishRevoking(): void {
    this.owned = new Set([...this.owned].filter((one) => this.assigned.has(one)))
    this.revokingSinceMs = null
  }

  leave(away = false): void {
    const group = this.world.broker.vhost('/').streams.groups.consumer(GROUP, false)
    this.abandon()
    try {
      group?.leave(this.id, this.instanceId, away)
    } catch (error) {
      if (!(error instanceof StreamRefusal)) throw error
    }
  }

  /** A client that hears nothing for a session, or gives up too slowly, knows that it is out. */
  timePassesTo(nowMs: number): void {
    const tooSlow = this.revokingSinceMs !== null && nowMs - this.revokingSinceMs >= REBALANCE_MS
    if (this.joined && (nowMs - this.heardMs >= SESSION_MS || tooSlow)) this.abandon()
  }

  abandon(): void {
    this.owned.clear()
    this.assigned.clear()
    this.joined = false
    this.unheard = false
    this.epoch = 0
    this.revokingSinceMs = null
  }

  private hear({ memberEpoch, assignment }: ConsumerHeartbeatAnswer): void {
    this.joined = true
    this.unheard = false
    this.epoch = memberEpoch
    this.heardMs = this.world.clock.now()
    if (assignment === null) return
    this.assigned = keysOf(assignment)
    for (const one of this.assigned) this.owned.add(one)
    const revoking = this.owned.size > this.assigned.size
    this.revokingSinceMs = revoking ? (this.revokingSinceMs ?? this.heardMs) : null
  }
}
