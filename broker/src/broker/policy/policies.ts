/**
 * The policies and operator policies of a vhost. Of each kind one applies to a queue or an exchange: that of the highest
 * priority among those that match, and of several such the first by name. A change takes effect at once, for all that it
 * concerns; a queue or an exchange that is made finds its policies by `settingsOf` and `definitionOf`.
 */
import type { Catalog } from '../catalog.ts'
import type { Events } from '../events/events.ts'
import type { Queue } from '../queue/queue.ts'
import { type QueueSettings, resolveQueueSettings, type SettingsDefaults } from '../queue/settings.ts'
import type { Exchange } from '../routing/exchange.ts'
import type { Headers } from '../routing/headers.ts'
import type { StreamQueue } from '../stream/stream-queue.ts'
import { streamName } from '../topic/name-claims.ts'
import { mergeDefinitions, type PolicyDefinition } from './definition.ts'
import {
  makePolicy,
  matcherOf,
  type Policy,
  type PolicyInput,
  type PolicyKind,
  type PolicySubject,
  suits,
} from './policy.ts'
import { type TopicLimits, topicLimits } from './topic-limits.ts'

/** What policies apply to. */
export interface PolicyHost {
  readonly name: string
  readonly exchanges: ReadonlyMap<string, Exchange>
  readonly queues: ReadonlyMap<string, Queue>
  version: number
  /** The limits of topics may be others. */
  limitTopicsAgain(): void
}

interface Ranked {
  readonly policy: Policy
  readonly matcher: RegExp
}

/** In the order in which they are tried. */
type Ranking = readonly Ranked[]

interface Rankings {
  readonly policy: Ranking
  readonly 'operator-policy': Ranking
}

/** What applies to a queue or an exchange. */
export interface Applied {
  readonly policy: Policy | null
  readonly operatorPolicy: Policy | null
  /** What both set together; null if neither applies. */
  readonly definition: PolicyDefinition | null
}

const NONE: Rankings = { policy: [], 'operator-policy': [] }

export class Policies {
  private readonly host: PolicyHost
  private readonly catalog: Catalog
  private readonly events: Events
  private readonly defaults: SettingsDefaults
  private rankings = NONE

  constructor(host: PolicyHost, catalog: Catalog, events: Events, defaults: SettingsDefaults) {
    this.host = host
    this.catalog = catalog
    this.events = events
    this.defaults = defaults
  }

  /** Replaces one of the same name. @throws Refusal precondition-failed in RabbitMQ's words, and nothing is changed. */
  put(kind: PolicyKind, name: string, given: PolicyInput): Policy {
    const policy = makePolicy(kind, this.host.name, name, given)
    const { pattern, applyTo, priority, definition } = policy
    this.catalog.put(kind, [this.host.name, name], { pattern, applyTo, priority, definition })
    this.replace(kind, rank([...this.rankings[kind].filter((one) => one.policy.name !== name), ranked(policy)]))
    this.events.emit('policy.set', policy)
    return policy
  }

  /** @returns false if there is none of that name. */
  remove(kind: PolicyKind, name: string): boolean {
    const policy = this.get(kind, name)
    if (policy === null) return false
    this.catalog.remove(kind, [this.host.name, name])
    this.replace(
      kind,
      this.rankings[kind].filter((one) => one.policy !== policy),
    )
    this.events.emit(kind === 'policy' ? 'policy.cleared' : 'operator.policy.cleared', policy)
    return true
  }

  get(kind: PolicyKind, name: string): Policy | null {
    return this.rankings[kind].find((one) => one.policy.name === name)?.policy ?? null
  }

  /** By priority. */
  list(kind: PolicyKind): readonly Policy[] {
    return this.rankings[kind].map((one) => one.policy)
  }

  of(thing: Queue | StreamQueue | Exchange): Applied {
    return appliedTo(this.rankings, subjectOf(thing))
  }

  /** What a queue of this name with these arguments has. */
  settingsOf(name: string, args: Headers): QueueSettings {
    const { policy, operatorPolicy } = appliedTo(this.rankings, queueSubject(name, args))
    return resolveQueueSettings(args, policy?.definition ?? null, operatorPolicy?.definition ?? null, this.defaults)
  }

  /** What bounds a topic: that of a stream of its name, else of its first partition's. */
  limitsOf(topic: string): TopicLimits {
    const of = (name: string): Applied => appliedTo(this.rankings, { kind: 'queue', name, type: 'stream' })
    return topicLimits(of(topic).definition ?? of(streamName(topic, 0)).definition)
  }

  /** For an exchange that was just made. The default exchange has no policy. */
  applyTo(exchange: Exchange): void {
    if (exchange.name !== '') exchange.applyPolicy(this.of(exchange).definition)
  }

  /** To be called before queues and exchanges are made. */
  restore(): void {
    for (const kind of ['policy', 'operator-policy'] as const) {
      const kept: Ranked[] = []
      for (const { key, value } of this.catalog.all(kind)) {
        if (key[0] === this.host.name) kept.push(ranked({ ...(value as Policy), vhost: key[0], name: key[1] }))
      }
      this.rankings = { ...this.rankings, [kind]: rank(kept) }
    }
  }

  /** The vhost is deleted. */
  end(): void {
    for (const kind of ['policy', 'operator-policy'] as const) {
      for (const { name } of this.list(kind)) this.catalog.remove(kind, [this.host.name, name])
    }
    this.rankings = NONE
  }

  private replace(kind: PolicyKind, ranking: Ranking): void {
    const before = this.rankings
    this.rankings = { ...before, [kind]: ranking }
    const { exchanges, queues } = this.host
    const changed = (thing: Queue | Exchange): boolean => {
      const [old, now] = [appliedTo(before, subjectOf(thing)), this.of(thing)]
      return old.policy !== now.policy || old.operatorPolicy !== now.operatorPolicy
    }
    for (const exchange of exchanges.values()) if (changed(exchange)) this.applyTo(exchange)
    for (const queue of queues.values()) {
      if (!changed(queue)) continue
      queue.applySettings(this.settingsOf(queue.name, queue.arguments))
      const { policy, operatorPolicy } = this.of(queue)
      const applied = policy ?? operatorPolicy
      if (applied === null) this.events.emit('queue.policy.cleared', queue)
      else this.events.emit('queue.policy.updated', { queue, policy: applied })
    }
    this.host.limitTopicsAgain()
    this.host.version++
  }
}

function ranked(policy: Policy): Ranked {
  return { policy, matcher: matcherOf(policy.pattern) }
}

function rank(policies: Ranked[]): Ranking {
  return policies.sort(
    ({ policy: a }, { policy: b }) => b.priority - a.priority || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  )
}

function subjectOf(thing: Queue | StreamQueue | Exchange): PolicySubject {
  return thing.kind === 'exchange' ? thing : queueSubject(thing.name, thing.arguments)
}

function queueSubject(name: string, args: Headers): PolicySubject {
  return { kind: 'queue', name, type: args['x-queue-type'] === undefined ? 'classic' : String(args['x-queue-type']) }
}

function appliedTo(rankings: Rankings, subject: PolicySubject): Applied {
  const first = (ranking: Ranking): Policy | null =>
    ranking.find(({ policy, matcher }) => suits(policy, subject) && matcher.test(subject.name))?.policy ?? null
  const [policy, operatorPolicy] = [first(rankings.policy), first(rankings['operator-policy'])]
  const definition = mergeDefinitions(policy?.definition ?? null, operatorPolicy?.definition ?? null)
  return { policy, operatorPolicy, definition }
}
