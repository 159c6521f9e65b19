/**
 * The queues of a vhost: how they are declared, altered and deleted, and come back at a start. What outlives the process
 * is kept in the catalog as it changes.
 */
import { randomBytes } from 'node:crypto'
import { assert } from '../base/assert.ts'
import type { LogEngine } from '../log/engine.ts'
import { checkQueueArguments } from './arguments.ts'
import type { Catalog } from './catalog.ts'
import { checkSameQueue, locked } from './equivalence.ts'
import { forgetPause, restorePauses } from './operations/pause.ts'
import type { Policies } from './policy/policies.ts'
import { alteredArguments } from './queue/altered-arguments.ts'
import { addCounts, noCounts } from './queue/counters.ts'
import { LaneLogs } from './queue/lane-logs.ts'
import { Queue } from './queue/queue.ts'
import { checkNotReserved, checkTypeProperties, unnamedQueuePrefix, withDefaultType } from './queue/queue-arguments.ts'
import type { QueueContext, QueueOptions } from './queue/surroundings.ts'
import { Refusal } from './refusal.ts'
import type { Headers } from './routing/headers.ts'
import type { SourceQueues } from './topic/source-queues.ts'
import type { UnackedSource } from './unacked-source.ts'

/** What queues need of their surroundings, but for what is kept here. */
export interface QueueSurroundings extends Omit<QueueContext, 'unused' | 'laneLog' | 'holdsExpirations'> {
  /** Who hands out messages, to forget them with their queue. */
  readonly unackedSources: Iterable<UnackedSource>
}

export interface QueuesOptions extends QueueSurroundings {
  readonly vhost: string
  readonly engine: LogEngine
  readonly catalog: Catalog
  /** Of durable queues. */
  readonly durableLogs: 'synced' | 'written'
  readonly policies: Policies
  /** Of those that stand over topics. */
  readonly sources: SourceQueues
  /** Of those that name none. */
  readonly defaultType: () => string | null
  /** @throws Refusal precondition-failed when one more would be too many */
  readonly checkRoom: (name: string) => void
  /** It can be found. */
  readonly added: (queue: Queue) => void
  /** Messages may take other ways to it. */
  readonly altered: () => void
  /** It cannot be found any more. */
  readonly removed: (queue: Queue) => void
}

export class Queues {
  /** What those had counted that are gone. */
  readonly gone = noCounts()
  private readonly queues = new Map<string, Queue>()
  private readonly options: QueuesOptions
  private readonly context: QueueContext
  private readonly logs: LaneLogs

  constructor(options: QueuesOptions) {
    this.options = options
    const { vhost, engine, catalog, durableLogs } = options
    this.logs = new LaneLogs(vhost, engine, durableLogs)
    this.context = {
      ...options,
      laneLog: (queue, level) => this.logs.of(queue, level),
      unused: (queue) => this.remove(queue),
      holdsExpirations: ({ name }) => catalog.put('queue-state', [vhost, name], { expirations: true }),
    }
  }

  get byName(): ReadonlyMap<string, Queue> {
    return this.queues
  }

  /** @throws Refusal not-found, or resource-locked when it is exclusive to another connection. */
  get(name: string, connection: object | null): Queue {
    const queue = this.queues.get(name)
    if (queue === undefined) throw new Refusal('not-found', `no queue '${name}' in vhost '${this.options.vhost}'`)
    if (queue.exclusiveTo !== null && queue.exclusiveTo !== connection) throw locked(queue)
    return queue
  }

  /** @throws Refusal as `get`, or when it exists with other properties, or an argument is refused. */
  declare(declared: Omit<QueueOptions, 'vhost'>, connection: object | null): Queue {
    const options = withDefaultType(declared, this.options.defaultType())
    const { name } = options
    if (!this.queues.has(name)) {
      checkNotReserved(name)
      return this.make(options)
    }
    const existing = this.get(name, connection)
    checkSameQueue(existing, options)
    existing.touch()
    return existing
  }

  /** Declares one under a name that the broker makes. */
  declareUnnamed(declared: Omit<QueueOptions, 'vhost' | 'name'>): Queue {
    const options = withDefaultType(declared, this.options.defaultType())
    const prefix = unnamedQueuePrefix(this.options.vhost, declared.arguments)
    return this.make({ ...options, name: `${prefix}-${randomBytes(16).toString('base64url')}` })
  }

  private make(options: Omit<QueueOptions, 'vhost'>): Queue {
    const { name, arguments: args } = options
    const { vhost, policies, sources, checkRoom, added } = this.options
    checkRoom(name)
    const type = checkQueueArguments(name, vhost, args)
    assert(type !== 'stream', 'a stream is a topic')
    const settings = policies.settingsOf(name, args)
    const overTopic = settings.sourceTopic !== null
    checkTypeProperties(name, vhost, type, { ...options, exclusive: options.exclusiveTo !== null }, overTopic)
    sources.check(name, args)
    const queue = new Queue({ ...options, vhost }, settings, this.context)
    this.queues.set(name, queue)
    queue.exclusiveTo?.exclusiveQueues.add(queue)
    this.keep(queue)
    if (overTopic) sources.made(queue)
    added(queue)
    return queue
  }

  private keep({ kept, vhost, name, durable, autoDelete, arguments: args }: Queue): void {
    if (kept) this.options.catalog.put('queue', [vhost, name], { durable, autoDelete, arguments: args })
  }

  /**
   * Changes arguments in place; null takes one away. Takes effect at once.
   * @throws Refusal as `get`, or precondition-failed for a change that is not safe or makes no sense.
   */
  alter(name: string, changes: Headers): void {
    const queue = this.get(name, null)
    queue.arguments = alteredArguments(queue, changes)
    this.keep(queue)
    queue.applySettings(this.options.policies.settingsOf(name, queue.arguments))
    this.options.altered()
  }

  /** Deleting what is not there is no error. @returns the number of ready messages it held. */
  delete(name: string, connection: object | null, ifUnused: boolean, ifEmpty: boolean): number {
    if (!this.queues.has(name)) return 0
    const queue = this.get(name, connection)
    const { vhost, ready } = queue
    if (ifUnused && queue.subscriptions.size > 0) {
      throw new Refusal('precondition-failed', `queue '${name}' in vhost '${vhost}' in use`)
    }
    if (ifEmpty && ready > 0) {
      throw new Refusal('precondition-failed', `queue '${name}' in vhost '${vhost}' not empty`)
    }
    this.remove(queue)
    return ready
  }

  remove(queue: Queue): void {
    if (queue.gone) return
    const { catalog, sources, unackedSources, removed } = this.options
    const { vhost, name } = queue
    queue.end()
    for (const source of unackedSources) source.queueGone?.(queue)
    addCounts(this.gone, queue.counters)
    queue.exclusiveTo?.exclusiveQueues.delete(queue)
    this.queues.delete(name)
    if (queue.kept) {
      catalog.remove('queue', [vhost, name])
      catalog.remove('queue-state', [vhost, name])
      if (queue.paused) forgetPause(catalog, queue)
    }
    if (queue.settings.sourceTopic !== null) sources.deleted(queue)
    else this.logs.delete(queue)
    removed(queue)
  }

  /** Brings back what the catalog holds; policies and topics are back. */
  restore(): void {
    const { vhost, catalog, policies, sources } = this.options
    this.logs.restoring()
    for (const { key, value } of catalog.all('queue')) {
      if (key[0] !== vhost) continue
      const { durable, autoDelete, arguments: args } = value as QueueOptions
      const options = { vhost, name: key[1], durable, autoDelete, exclusiveTo: null, arguments: args }
      this.queues.set(key[1], new Queue(options, policies.settingsOf(key[1], args), this.context))
    }
    this.resume()
    this.logs.restored()
    sources.restore(this.queues.values())
    restorePauses(catalog, vhost, this.queues)
  }

  /** Gives queues back the lanes of priorities in use, what was set aside, and the times of their messages. */
  private resume(): void {
    const { vhost, catalog } = this.options
    for (const [name, level] of this.logs.levelsInUse()) {
      const queue = this.queues.get(name)
      if (queue !== undefined && !queue.lanes.some((lane) => lane.level === level)) queue.addLane(level)
    }
    const withExpirations = new Set<string>()
    for (const { key } of catalog.all('queue-state')) if (key[0] === vhost) withExpirations.add(key[1])
    for (const queue of this.queues.values()) queue.resume(withExpirations.has(queue.name))
  }

  /** The vhost is deleted. */
  end(): void {
    for (const queue of [...this.queues.values()]) this.remove(queue)
  }
}
