/**
 * How far the consumers of one name came in a stream: the lowest offset that they were given and have not settled. It is
 * kept as the committed offset of the Kafka group of that name, so Kafka's tools show it and set it back. One consumer
 * of the name reads at a time; the others wait, and take over in the order in which they came.
 */
import { TurnPhase, type TurnTask } from '../../base/turn.ts'
import type { Committer } from '../group/group.ts'
import { Refusal } from '../refusal.ts'
import type { StreamQueue } from './stream-queue.ts'
import type { StreamReader } from './stream-reader.ts'

/** Nobody's member: as a Kafka consumer that is assigned its partitions by hand. */
const BY_HAND: Committer = { memberId: '', instanceId: null, generation: -1, transactional: false }
const UNKNOWN_EPOCH = -1
const AS_SET = -1

export class NamedPlace implements TurnTask {
  scheduled = false
  private readonly stream: StreamQueue
  private readonly name: string
  private active: StreamReader | null = null
  private readonly waiting: StreamReader[] = []
  /** Given and not settled, in the order of their offsets. */
  private readonly outstanding = new Set<number>()
  /** Where the last consumer got to; null: there was none. */
  private reached: number | null = null
  private committed = -1

  constructor(stream: StreamQueue, name: string) {
    this.stream = stream
    this.name = name
  }

  join(reader: StreamReader): void {
    if (this.active === null) this.activate(reader)
    else this.waiting.push(reader)
  }

  private activate(reader: StreamReader): void {
    const { topic, partition, surroundings } = this.stream
    const kept = surroundings.groups.get(this.name)?.offsets.get(topic.name, partition.index)?.offset
    this.active = reader
    this.committed = kept ?? -1
    reader.beginAt(kept ?? this.reached)
  }

  delivered(offset: number): void {
    this.outstanding.add(offset)
  }

  /** Kept with the next turn's end. */
  settled(reader: StreamReader, offset: number): void {
    if (reader !== this.active || !this.outstanding.delete(offset)) return
    this.stream.surroundings.turn.schedule(TurnPhase.flush, this)
  }

  runTurn(): void {
    const { active } = this
    if (active !== null && !this.commit(active)) active.cancel()
  }

  leave(reader: StreamReader): void {
    if (reader !== this.active) {
      const at = this.waiting.indexOf(reader)
      if (at >= 0) this.waiting.splice(at, 1)
    } else {
      this.active = null
      if (this.scheduled) this.commit(reader)
      this.reached = this.lowest(reader)
      this.outstanding.clear()
      const next = this.waiting.shift()
      if (next !== undefined) this.activate(next)
    }
    if (this.active === null) this.stream.places.delete(this.name)
  }

  /** All below was settled, or was nothing for the consumer. */
  private lowest(reader: StreamReader): number {
    for (const offset of this.outstanding) return offset
    return reader.next
  }

  /** @returns false if it may not: the group has members now */
  private commit(reader: StreamReader): boolean {
    const { topic, partition, surroundings, gone } = this.stream
    const offset = this.lowest(reader)
    if (gone || offset === this.committed) return true
    const group = surroundings.groups.committing(this.name, BY_HAND, [[topic.id, partition.index]])
    if (typeof group === 'string') {
      const subject = { vhost: topic.vhost, queue: this.stream.name, group: this.name, error: group }
      surroundings.logger.warn(subject, 'a consumer is cancelled: the group of its name has members now')
      return false
    }
    this.committed = offset
    group.offsets.commit({
      topic: topic.name,
      partition: partition.index,
      offset,
      leaderEpoch: UNKNOWN_EPOCH,
      metadata: '',
      committedMs: surroundings.clock.now(),
      expiresMs: AS_SET,
    })
    return true
  }
}

/** @throws Refusal resource-locked if the group of this name has members */
export function checkGroupEmpty({ vhost, name, surroundings }: StreamQueue, group: string): void {
  const { isEmpty } = surroundings.groups.get(group) ?? { isEmpty: true }
  if (isEmpty) return
  const text = `cannot consume from queue '${name}' in vhost '${vhost}' as '${group}': the consumer group '${group}' has members`
  throw new Refusal('resource-locked', text)
}

export function placeOf(stream: StreamQueue, name: string): NamedPlace {
  let place = stream.places.get(name)
  if (place === undefined) {
    place = new NamedPlace(stream, name)
    stream.places.set(name, place)
  }
  return place
}
