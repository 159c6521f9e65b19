/**
 * Fetch sessions (KIP-227): the broker remembers which partitions a client reads, so that a request names only what
 * changed, and an answer only what has news. A client without one, or whose session was pushed out, names all.
 */
import { randomInt } from 'node:crypto'
import type { FetchRequest, FetchTopic } from './fetch.ts'

const SESSIONS_MAX = 1000
/** A session used so lately is not pushed out by another. */
const EVICTION_MIN_MS = 120_000
const EPOCH_MAX = 0x7fffffff

/** One partition that a client reads. */
export interface FetchEntry {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  fetchOffset: number
  partitionMaxBytes: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  /** As last told; -2 before. */
  highWatermark: number
  logStartOffset: number
}

export class FetchSession {
  readonly id: number
  readonly entries = new Map<string, FetchEntry>()
  /** Of the next request. */
  epoch = 1
  lastUsedMs: number
  readonly usesIds: boolean
  readonly user: string

  constructor(id: number, user: string, usesIds: boolean, now: number) {
    this.id = id
    this.user = user
    this.usesIds = usesIds
    this.lastUsedMs = now
  }

  /** Takes in what the request names anew or drops. */
  update(request: FetchRequest): void {
    for (const topic of request.forgottenTopicsData) {
      for (const index of topic.partitions) this.entries.delete(keyOf(topic.topic, topic.topicId, index))
    }
    addEntries(request.topics, this.entries)
  }

  advance(): void {
    this.epoch = this.epoch === EPOCH_MAX ? 1 : this.epoch + 1
  }
}

export class FetchSessions {
  private readonly sessions = new Map<number, FetchSession>()

  get(id: number): FetchSession | undefined {
    return this.sessions.get(id)
  }

  /** @returns null when all places are taken by sessions in use: the client then names all it reads each time */
  create(user: string, usesIds: boolean, now: number): FetchSession | null {
    if (this.sessions.size >= SESSIONS_MAX && !this.evict(now)) return null
    let id = 0
    while (id === 0 || this.sessions.has(id)) id = randomInt(1, 0x7fffffff)
    const session = new FetchSession(id, user, usesIds, now)
    this.sessions.set(id, session)
    return session
  }

  /** The least recently used ones stand first. */
  touch(session: FetchSession, now: number): void {
    session.lastUsedMs = now
    this.sessions.delete(session.id)
    this.sessions.set(session.id, session)
  }

  delete(id: number): void {
    this.sessions.delete(id)
  }

  private evict(now: number): boolean {
    const [oldest] = this.sessions.values()
    if (now - oldest.lastUsedMs < EVICTION_MIN_MS) return false
    this.sessions.delete(oldest.id)
    return true
  }
}

/** Each partition once, in the order of the request; what is already there moves to where it is named again. */
export function addEntries(topics: readonly FetchTopic[], into: Map<string, FetchEntry>): void {
  for (const { topic, topicId, partitions } of topics) {
    for (const asked of partitions) {
      const key = keyOf(topic, topicId, asked.partition)
      const known = into.get(key)
      const entry = known ?? { topic, topicId, index: asked.partition, ...BLANK }
      entry.fetchOffset = asked.fetchOffset
      entry.partitionMaxBytes = asked.partitionMaxBytes
      entry.currentLeaderEpoch = asked.currentLeaderEpoch
      entry.lastFetchedEpoch = asked.lastFetchedEpoch
      // Behind those of which nothing was read lately, so that all have their turn.
      if (known !== undefined) into.delete(key)
      into.set(key, entry)
    }
  }
}

const BLANK = {
  fetchOffset: 0,
  partitionMaxBytes: 0,
  currentLeaderEpoch: -1,
  lastFetchedEpoch: -1,
  highWatermark: -2,
  logStartOffset: -2,
}

function keyOf(topic: string, topicId: string, index: number): string {
  return `${topic}/${topicId}/${index}`
}
