/** Consumers of the classic protocol with what they believe they own: eager ones, and those that rebalance step by step. */
import type { JoinAnswer, JoinRequest, SyncAnswer } from '../../src/broker/group/classic-calls.ts'
import {
  type NamedPartitions,
  readAssignment,
  readSubscription,
  writeAssignment,
} from '../../src/broker/group/subscription.ts'
import type { TopicWorld } from '../topic/harness.ts'
import { Asked, protocol, REBALANCE_MS, SESSION_MS } from './calls.ts'
import { GROUP } from './consumer-clients.ts'

export class ClassicConsumer {
  readonly id: string
  readonly instanceId: string | null
  readonly cooperative: boolean
  readonly topics: readonly string[]
  /** By topic and partition. */
  owned = new Set<string>()
  memberId = ''
  generation = 0
  alive = true
  private joining: Asked<JoinAnswer> | null = null
  private syncing: Asked<SyncAnswer> | null = null
  private heardMs: number
  private readonly world: TopicWorld

  constructor(
    world: TopicWorld,
    id: string,
    topics: readonly string[],
    cooperative: boolean,
    instanceId: string | null = null,
  ) {
    this.world = world
    this.id = id
    this.topics = topics
    this.cooperative = cooperative
    this.instanceId = instanceId
    this.heardMs = world.clock.now()
  }

  /** Does what comes next. */
  act(): void {
    if (!this.alive) return
    this.timePassesTo(this.world.clock.now())
    if (this.joining !== null) {
      if (!this.joining.waits) this.joined(this.joining.answer)
    } else if (this.syncing !== null) {
      if (!this.syncing.waits) this.synced(this.syncing.answer)
    } else if (this.generation > 0) this.beat()
    else this.join()
  }

  /** Without a word if it is static: it may come back. */
  close(): void {
    if (this.instanceId === null) this.service(false)?.leave([{ memberId: this.memberId, instanceId: null }])
    this.alive = false
    this.owned.clear()
  }

  /** The broker's end takes the connection with it: what was asked is never answered, and is asked again. */
  disconnect(): void {
    if (this.joining === null && this.syncing === null) return
    this.joining = null
    this.syncing = null
    this.generation = 0
  }

  private service(create: boolean) {
    return this.world.broker.vhost('/').streams.groups.classicService(GROUP, create)
  }

  private get identity() {
    return { memberId: this.memberId, instanceId: this.instanceId }
  }

  private beat(): void {
    const error = this.service(false)?.heartbeat(this.identity, this.generation) ?? null
    if (error === null) this.heardMs = this.world.clock.now()
    else this.refused(error)
  }

  private refused(error: string): void {
    this.joining = null
    this.syncing = null
    if (error === 'rebalance-in-progress') this.heardMs = this.world.clock.now()
    else if (error !== 'member-id-required') this.owned.clear()
    if (error === 'unknown-member-id' || error === 'fenced-instance-id') this.memberId = ''
    this.generation = 0
    this.join()
  }

  /** After a session without a word from the broker it knows itself that it is out. */
  timePassesTo(now: number): void {
    if (now - this.heardMs < SESSION_MS || this.joining?.waits) return
    this.heardMs = now
    this.owned.clear()
    this.generation = 0
    this.joining = null
    this.syncing = null
  }

  private join(): void {
    if (!this.cooperative) this.owned.clear()
    const request: JoinRequest = {
      ...this.identity,
      clientId: this.id,
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: SESSION_MS,
      rebalanceTimeoutMs: REBALANCE_MS,
      protocolType: 'consumer',
      protocols: [{ name: this.cooperative ? 'cooperative' : 'eager', metadata: this.subscription() }],
      knowsMemberIdRequired: true,
      knowsSkipAssignment: true,
    }
    const service = this.service(this.memberId === '')
    if (service === undefined) {
      this.memberId = ''
      return
    }
    this.joining = new Asked()
    service.join(request, this.joining.take)
  }

  private subscription(): Uint8Array {
    const { metadata } = protocol('', this.topics)
    const owned = writeAssignment(1, named(this.owned))
    metadata[1] = 1
    return new Uint8Array(Buffer.concat([metadata, owned.subarray(2, owned.length - 4)]))
  }

  private joined(answer: JoinAnswer): void {
    this.joining = null
    if (answer.memberId !== '') this.memberId = answer.memberId
    if (answer.error !== null) {
      this.refused(answer.error)
      return
    }
    this.heardMs = this.world.clock.now()
    this.generation = answer.generation
    const leads = answer.leader === this.memberId && !answer.skipAssignment
    const request = {
      ...this.identity,
      generation: answer.generation,
      protocolType: 'consumer',
      protocol: answer.protocol,
      assignments: leads ? this.assign(answer) : new Map(),
    }
    this.syncing = new Asked()
    this.service(true)!.sync(request, this.syncing.take)
  }

  /** In turn; what another owns still, waits for the next generation. */
  private assign({ members }: JoinAnswer): Map<string, Uint8Array> {
    const said = members.map(({ memberId, metadata }) => ({ memberId, subscription: readSubscription(metadata)! }))
    const parts = new Map<string, Set<string>>(said.map(({ memberId }) => [memberId, new Set()]))
    for (const name of new Set(said.flatMap(({ subscription }) => subscription.topics))) {
      const wanting = said.filter(({ subscription }) => subscription.topics.includes(name))
      for (const { index } of this.world.topics.get(name)?.partitions ?? []) {
        const { memberId } = wanting[index % wanting.length]!
        const owns = ([topic, partitions]: NamedPartitions[number]) => topic === name && partitions.includes(index)
        const owner = said.find(({ subscription }) => subscription.owned.some(owns))
        if (owner === undefined || owner.memberId === memberId) parts.get(memberId)!.add(`${name} ${index}`)
      }
    }
    return new Map([...parts].map(([memberId, part]) => [memberId, writeAssignment(1, named(part))]))
  }

  private synced(answer: SyncAnswer): void {
    this.syncing = null
    if (answer.error !== null) {
      this.refused(answer.error)
      return
    }
    this.heardMs = this.world.clock.now()
    const given = new Set<string>()
    for (const [topic, partitions] of readAssignment(answer.assignment)!) {
      for (const partition of partitions) given.add(`${topic} ${partition}`)
    }
    const givesUp = [...this.owned].some((one) => !given.has(one))
    this.owned = given
    if (givesUp) this.join()
  }
}

function named(keys: Iterable<string>): NamedPartitions {
  return [...keys].map((key) => [key.split(' ')[0]!, [Number(key.split(' ')[1])]])
}
