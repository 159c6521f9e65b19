/**
 * The offsets a group has committed, by topic and partition, and those that wait for the end of a transaction. Each one
 * is a definition of its own, written as a short array, so a commit costs the same however many there are.
 *
 *   group-offset          [vhost, group, topic, partition]  [offset, leader epoch, metadata, committed, expires, sequence]
 *   group-offset-pending  [vhost, group, producer id]       [[topic, partition, …the same], …]
 *
 * Of a commit and a transaction's, the one that was asked for later wins, not the one that became visible later: hence
 * the sequence.
 */
import type { Catalog } from '../catalog.ts'

export const OFFSET_KIND = 'group-offset'
export const PENDING_KIND = 'group-offset-pending'

export interface CommittedOffset {
  readonly offset: number
  /** Of the last record consumed; -1 unknown. */
  readonly leaderEpoch: number
  readonly metadata: string
  /** ms since 1970. */
  readonly committedMs: number
  /** ms since 1970, from requests that say how long; -1: as the broker's settings say. */
  readonly expiresMs: number
}

export interface TopicPartitionOffset extends CommittedOffset {
  readonly topic: string
  readonly partition: number
}

interface Kept extends TopicPartitionOffset {
  readonly sequence: number
}

export class GroupOffsets {
  /** The round of the newest change: answers that tell of offsets wait for it. */
  lastRound = 0
  private readonly vhost: string
  private readonly group: string
  private readonly catalog: Catalog
  private readonly kept = new Map<string, Map<number, Kept>>()
  private readonly pending = new Map<number, Kept[]>()
  private sequence = 0

  constructor(vhost: string, group: string, catalog: Catalog) {
    this.vhost = vhost
    this.group = group
    this.catalog = catalog
  }

  get(topic: string, partition: number): CommittedOffset | undefined {
    return this.kept.get(topic)?.get(partition)
  }

  /** Topics in the order of their first commit. */
  get topics(): ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>> {
    return this.kept
  }

  get isEmpty(): boolean {
    return this.kept.size === 0 && this.pending.size === 0
  }

  /** Takes effect in memory at once, on the disk with `lastRound`. */
  commit(entry: TopicPartitionOffset): void {
    this.keep({ ...entry, sequence: ++this.sequence })
  }

  /** Keeps offsets out of sight until the producer's transaction ends. */
  stageTransactional(producerId: number, entries: readonly TopicPartitionOffset[]): void {
    const staged = this.pending.get(producerId) ?? []
    for (const entry of entries) {
      const kept = { ...entry, sequence: ++this.sequence }
      const same = staged.findIndex(({ topic, partition }) => topic === entry.topic && partition === entry.partition)
      if (same < 0) staged.push(kept)
      else staged[same] = kept
    }
    this.pending.set(producerId, staged)
    this.storePending(producerId, staged)
  }

  /** Makes a producer's staged offsets visible, or drops them. Nothing happens if there are none. */
  endTransaction(producerId: number, commit: boolean): void {
    const staged = this.pending.get(producerId)
    if (staged === undefined) return
    this.pending.delete(producerId)
    this.storePending(producerId, [])
    if (!commit) return
    for (const entry of staged) {
      const before = this.kept.get(entry.topic)?.get(entry.partition)
      if (before === undefined || before.sequence < entry.sequence) this.keep(entry)
    }
  }

  /** Whether an open transaction may still change this offset. */
  isUnstable(topic: string, partition: number): boolean {
    if (this.pending.size === 0) return false
    for (const staged of this.pending.values()) {
      if (staged.some((entry) => entry.topic === topic && entry.partition === partition)) return true
    }
    return false
  }

  delete(topic: string, partition: number): void {
    const partitions = this.kept.get(topic)
    if (!partitions?.delete(partition)) return
    if (partitions.size === 0) this.kept.delete(topic)
    this.catalog.remove(OFFSET_KIND, [this.vhost, this.group, topic, String(partition)])
    this.lastRound = this.catalog.lastRound
  }

  /** Also what transactions hold. */
  deleteTopic(topic: string): void {
    for (const partition of [...(this.kept.get(topic)?.keys() ?? [])]) this.delete(topic, partition)
    for (const [producerId, staged] of this.pending) {
      const others = staged.filter((entry) => entry.topic !== topic)
      if (others.length === staged.length) continue
      if (others.length === 0) this.pending.delete(producerId)
      else this.pending.set(producerId, others)
      this.storePending(producerId, others)
    }
  }

  deleteAll(): void {
    for (const [topic, partitions] of [...this.kept]) {
      for (const partition of [...partitions.keys()]) this.delete(topic, partition)
    }
    for (const producerId of [...this.pending.keys()]) this.endTransaction(producerId, false)
  }

  /** Takes back what a definition of `OFFSET_KIND` says. */
  restoreKept(topic: string, partition: number, value: unknown): void {
    this.setKept(restored(topic, partition, value as StoredOffset))
  }

  /** Takes back what a definition of `PENDING_KIND` says. */
  restorePending(producerId: number, value: unknown): void {
    const staged = (value as [string, number, ...StoredOffset][]).map(([topic, partition, ...offset]) =>
      restored(topic, partition, offset),
    )
    this.pending.set(producerId, staged)
    for (const { sequence } of staged) this.sequence = Math.max(this.sequence, sequence)
  }

  /** Lowers offsets beyond the end of their partition, which lost its last records; no end: the partition is gone. */
  clip(endOf: (topic: string, partition: number) => number | undefined): void {
    for (const [topic, partitions] of [...this.kept]) {
      for (const [partition, entry] of [...partitions]) {
        const end = endOf(topic, partition)
        if (end === undefined) this.delete(topic, partition)
        else if (entry.offset > end) this.keep({ ...entry, offset: end })
      }
    }
    for (const [producerId, staged] of this.pending) {
      const clipped = staged.flatMap((entry) => {
        const end = endOf(entry.topic, entry.partition)
        if (end === undefined) return []
        return [entry.offset > end ? { ...entry, offset: end } : entry]
      })
      if (clipped.every((entry, index) => entry === staged[index]) && clipped.length === staged.length) continue
      if (clipped.length === 0) this.pending.delete(producerId)
      else this.pending.set(producerId, clipped)
      this.storePending(producerId, clipped)
    }
  }

  private keep(entry: Kept): void {
    this.setKept(entry)
    this.catalog.put(OFFSET_KIND, [this.vhost, this.group, entry.topic, String(entry.partition)], stored(entry))
    this.lastRound = this.catalog.lastRound
  }

  private setKept(entry: Kept): void {
    let partitions = this.kept.get(entry.topic)
    if (partitions === undefined) {
      partitions = new Map()
      this.kept.set(entry.topic, partitions)
    }
    partitions.set(entry.partition, entry)
    this.sequence = Math.max(this.sequence, entry.sequence)
  }

  private storePending(producerId: number, staged: readonly Kept[]): void {
    const key = [this.vhost, this.group, String(producerId)]
    if (staged.length === 0) this.catalog.remove(PENDING_KIND, key)
    else {
      const value = staged.map((entry) => [entry.topic, entry.partition, ...stored(entry)])
      this.catalog.put(PENDING_KIND, key, value)
    }
    this.lastRound = this.catalog.lastRound
  }
}

type StoredOffset = [
  offset: number,
  leaderEpoch: number,
  metadata: string,
  committedMs: number,
  expiresMs: number,
  sequence: number,
]

function stored({ offset, leaderEpoch, metadata, committedMs, expiresMs, sequence }: Kept): StoredOffset {
  return [offset, leaderEpoch, metadata, committedMs, expiresMs, sequence]
}

function restored(topic: string, partition: number, value: StoredOffset): Kept {
  const [offset, leaderEpoch, metadata, committedMs, expiresMs, sequence] = value
  return { topic, partition, offset, leaderEpoch, metadata, committedMs, expiresMs, sequence }
}
