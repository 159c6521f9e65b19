/** Clients of a classic group as they behave: they join, lead, sync, stay and commit, and note what they are told. */
import { strict as assert } from 'node:assert'
import type { JoinAnswer, JoinRequest, SyncAnswer } from '../../src/broker/group/classic-calls.ts'
import { Asked, type GroupWorld, protocol, SESSION_MS } from './calls.ts'

export const REBALANCE_MS = 20_000
/** Longer than a rebalance: a static member that is silent stays through it. */
export const STATIC_SESSION_MS = 30_000

/** What all clients together have seen, and what must hold of it. */
export class Witness {
  /** The newest generation under which anyone was given partitions. */
  newestAssigned = 0
  commits = 0
  private readonly assignedBy = new Map<number, string>()
  private readonly calls: { readonly asked: Asked<unknown>; lost: boolean }[] = []
  private assignments = 0

  call<T>(): Asked<T> {
    const asked = new Asked<T>()
    this.calls.push({ asked: asked as Asked<unknown>, lost: false })
    return asked
  }

  /** The broker went down: nobody waits for an answer any more. */
  connectionsLost(): void {
    for (const call of this.calls) if (call.asked.waits) call.lost = true
  }

  answered(all: boolean): void {
    for (const { asked, lost } of this.calls) {
      assert.ok(asked.answers.length <= 1, 'a call was answered twice')
      if (all && !lost) assert.equal(asked.answers.length, 1, 'a call was never answered')
    }
  }

  /** What a leader assigns: a text that names generation and assignment, and whose it is. */
  assign(generation: number, members: readonly string[]): Map<string, Uint8Array> {
    const name = `${generation}/${++this.assignments}`
    return new Map(members.map((id) => [id, Buffer.from(`${name}/${id}`)]))
  }

  /** Someone was given its part. @param called whether this is an id of it */
  given(generation: number, assignment: Uint8Array, called: (id: string) => boolean): void {
    const [of, number, ...id] = Buffer.from(assignment).toString().split('/')
    assert.equal(Number(of), generation, 'partitions of another generation')
    assert.ok(called(id.join('/')), 'partitions of another member')
    assert.equal(this.assignedBy.get(generation) ?? number, number, 'two assignments of one generation')
    this.assignedBy.set(generation, number)
    this.newestAssigned = Math.max(this.newestAssigned, generation)
  }

  committed(generation: number): void {
    this.commits++
    assert.ok(generation >= this.newestAssigned, 'a commit of a generation whose partitions others have')
  }
}

export class ClassicClient {
  readonly instanceId: string | null
  topics: readonly string[] = ['t']
  /** Under which it was given partitions; 0: none now. */
  generation = 0
  alive = true
  /** Does nothing, but may commit what it believes to have. */
  asleep = false
  memberId = ''
  private ids: string[] = []
  private joining: Asked<JoinAnswer> | null = null
  private syncing: { readonly asked: Asked<SyncAnswer>; readonly generation: number } | null = null
  private readonly world: GroupWorld
  private readonly witness: Witness

  constructor(world: GroupWorld, witness: Witness, instanceId: string | null) {
    this.world = world
    this.witness = witness
    this.instanceId = instanceId
  }

  get isMember(): boolean {
    return this.alive && this.generation > 0
  }

  /** Does what comes next. */
  act(): void {
    if (!this.alive) return
    if (this.joining !== null) {
      if (!this.joining.waits) this.joined(this.joining.answer)
    } else if (this.syncing !== null) {
      if (!this.syncing.asked.waits) this.synced(this.syncing.asked.answer, this.syncing.generation)
    } else if (this.generation > 0) this.beat()
    else this.join()
  }

  /** Its process ends, without a word, and another begins. */
  restart(): void {
    this.forget()
    this.memberId = ''
    this.alive = true
  }

  die(): void {
    this.alive = false
  }

  /** It gives up the call it waits with, and asks again. */
  loseConnection(): void {
    this.joining = null
    this.syncing = null
    if (this.generation === 0) this.join()
  }

  leave(): void {
    if (this.memberId === '') return
    this.world.group.leave([{ memberId: this.memberId, instanceId: this.instanceId }])
    this.restart()
  }

  commit(): void {
    if (!this.isMember) return
    const committer = {
      memberId: this.memberId,
      instanceId: this.instanceId,
      generation: this.generation,
      transactional: false,
    }
    const group = this.world.groups.committing('g', committer)
    if (typeof group !== 'string') this.witness.committed(this.generation)
    else if (group !== 'rebalance-in-progress') this.fail(group)
  }

  private join(): void {
    const request: JoinRequest = {
      memberId: this.memberId,
      instanceId: this.instanceId,
      clientId: 'c',
      clientHost: '/127.0.0.1',
      sessionTimeoutMs: this.instanceId === null ? SESSION_MS : STATIC_SESSION_MS,
      rebalanceTimeoutMs: REBALANCE_MS,
      protocolType: 'consumer',
      protocols: [protocol('range', this.topics)],
      knowsMemberIdRequired: true,
      knowsSkipAssignment: true,
    }
    const group = this.world.groups.classic('g', this.memberId === '')
    if (group === undefined) {
      this.restart()
      return
    }
    this.joining = this.witness.call()
    group.join(request, this.joining.take)
  }

  private joined(answer: JoinAnswer): void {
    this.joining = null
    this.memberId = answer.memberId
    if (answer.error !== null) {
      if (answer.error !== 'member-id-required') this.fail(answer.error)
      return
    }
    this.ids.push(answer.memberId)
    const members = answer.members.map(({ memberId }) => memberId)
    const leads = answer.leader === answer.memberId && !answer.skipAssignment
    if (leads) assert.ok(members.includes(this.memberId))
    const syncing = { asked: this.witness.call<SyncAnswer>(), generation: answer.generation }
    this.syncing = syncing
    const group = this.world.groups.classic('g', true)!
    const request = {
      memberId: this.memberId,
      instanceId: this.instanceId,
      generation: answer.generation,
      protocolType: answer.protocolType,
      protocol: answer.protocol,
      assignments: leads ? this.witness.assign(answer.generation, members) : new Map(),
    }
    group.sync(request, syncing.asked.take)
  }

  private synced(answer: SyncAnswer, generation: number): void {
    this.syncing = null
    if (answer.error !== null) {
      this.fail(answer.error)
      return
    }
    this.generation = generation
    // A static member may have been called by ids that it did not live to hear.
    const called = (id: string) => this.ids.includes(id) || id.startsWith(`${this.instanceId}-`)
    this.witness.given(generation, answer.assignment, called)
  }

  private beat(): void {
    const identity = { memberId: this.memberId, instanceId: this.instanceId }
    const group = this.world.groups.classic('g', true)!
    const error = group.heartbeat(identity, this.generation)
    if (error !== null) this.fail(error)
  }

  /** As clients do: a member that is unknown begins anew, others join again. */
  private fail(error: string): void {
    this.generation = 0
    if (error === 'unknown-member-id' || error === 'fenced-instance-id') this.memberId = ''
  }

  private forget(): void {
    this.generation = 0
    this.joining = null
    this.syncing = null
  }
}
