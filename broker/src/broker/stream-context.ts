/** The seam between a vhost and what it keeps for Kafka's clients. */
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { LogEngine } from '../log/engine.ts'
import type { Catalog } from './catalog.ts'
import type { Durability } from './durability.ts'
import type { TopicLimits } from './policy/topic-limits.ts'
import type { StreamSettings } from './stream-settings.ts'
import type { NamesInUse } from './topic/name-claims.ts'

/** What topics, groups and transactions of a vhost stand on. */
export interface StreamContext {
  readonly vhost: string
  readonly engine: LogEngine
  readonly catalog: Catalog
  /** `after(catalog.lastRound, task)` calls back once every definition put so far is durable. */
  readonly durability: Durability
  readonly clock: Clock
  readonly logger: Logger
  readonly settings: StreamSettings
  /** What a topic must not be called. */
  readonly names: NamesInUse
  /** What policies allow a topic at most. */
  limitsOf(topic: string): TopicLimits
  /** What was published to topics so far stands in their logs. */
  flushTopics(): void
}
