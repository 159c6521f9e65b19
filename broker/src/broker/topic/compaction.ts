/**
 * Says when a compacted topic's partitions are compacted: one at a time in a vhost, the one with the largest share of
 * dirty bytes first, as soon as that share or the age of what is dirty asks for it. What then happens is the log's.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import type { StreamSettings } from '../stream-settings.ts'
import type { Partition } from './partition.ts'
import type { Topic } from './topic.ts'
import type { TopicConfig } from './topic-config.ts'

/** For the keys of one partition. */
const MAP_BYTES_MAX = 64 << 20
/** A partition that failed rests so long. */
const FAILED_REST_MS = 600_000

export interface CompactionContext {
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: StreamSettings
}

interface Candidate {
  readonly partition: Partition
  readonly config: TopicConfig
  /** Of the bytes that can be compacted, those that are dirty. */
  readonly dirtyRatio: number
}

/** The topics that are looked at. */
interface Looked {
  readonly count: number
  all(): Iterable<Topic>
}

export class Compaction {
  private readonly topics: Looked
  private readonly clock: Clock
  private readonly logger: Logger
  private readonly backoffMs: number
  private timer: Timer | null = null
  /** A partition is being compacted. */
  private busy = false
  /** Grows with every start and stop: a round of before goes on by itself, but nothing follows it. */
  private run = 0
  private readonly restsUntil = new WeakMap<Partition, number>()

  constructor(topics: Looked, { clock, logger, settings }: CompactionContext) {
    this.topics = topics
    this.clock = clock
    this.logger = logger
    this.backoffMs = settings.logCleanerBackoffMs
  }

  /** Looks now and then, as long as there are topics. */
  wake(): void {
    if (this.timer === null && !this.busy) this.wait()
  }

  stop(): void {
    if (this.timer !== null) this.clock.clearTimer(this.timer)
    this.timer = null
    this.run++
  }

  private wait(): void {
    this.busy = false
    if (this.topics.count === 0) return
    this.timer = this.clock.setTimer(this.backoffMs, () => this.next())
  }

  private next(): void {
    this.timer = null
    const { run } = this
    const dirtiest = this.dirtiest()
    if (dirtiest === null) {
      this.wait()
      return
    }
    this.busy = true
    this.compact(dirtiest).then((hasGone) => {
      if (run !== this.run) return
      if (hasGone) this.next()
      else this.wait()
    })
  }

  /** @returns whether the partition is done, so that it may be another's turn at once */
  private async compact({ partition, config }: Candidate): Promise<boolean> {
    const { log } = partition
    const now = this.clock.now()
    const { minCompactionLagMs: minLagMs, deleteRetentionMs } = config
    try {
      const below = partition.heldFrom
      const result = await log.compact({ now, minLagMs, below, deleteRetentionMs, mapBytesMax: MAP_BYTES_MAX })
      if (result !== null) this.logger.debug({ partition: String(partition), ...result }, 'compacted')
      return result !== null
    } catch (error) {
      if (log.deleted) return true
      this.restsUntil.set(partition, now + FAILED_REST_MS)
      const what = 'could not be compacted, and stays as it is'
      this.logger.warn({ partition: String(partition), err: error }, what)
      return true
    }
  }

  private dirtiest(): Candidate | null {
    const now = this.clock.now()
    let found: Candidate | null = null
    for (const { config, partitions } of this.topics.all()) {
      if (!config.cleanupPolicy.compact) continue
      for (const partition of partitions) {
        if ((this.restsUntil.get(partition) ?? 0) > now) continue
        const dirtyRatio = dirtyRatioIfDue(partition, config, now)
        if (dirtyRatio > (found?.dirtyRatio ?? 0)) found = { partition, config, dirtyRatio }
      }
    }
    return found
  }
}

/** 0 while there is no reason to compact. */
function dirtyRatioIfDue({ log, heldFrom }: Partition, config: TopicConfig, now: number): number {
  const { cleanBytes, dirtyBytes, dirtySince } = log.dirtiness(now, config.minCompactionLagMs, heldFrom)
  if (dirtyBytes === 0) return 0
  const ratio = dirtyBytes / (cleanBytes + dirtyBytes)
  const isDue = ratio > config.minCleanableDirtyRatio || now - dirtySince > config.maxCompactionLagMs
  return isDue ? ratio : 0
}
