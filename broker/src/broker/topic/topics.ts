/**
 * The topics of a vhost: made, widened, altered, deleted, found again at a start. A topic is one small definition; each
 * of its partitions is a log that names its owner, so what a crash left of one without the other is put right by looking
 * at both.
 */
import { randomBytes } from 'node:crypto'
import type { PartitionLog } from '../../log/partition/partition-log.ts'
import type { StreamContext } from '../stream-context.ts'
import { StreamRefusal } from '../stream-refusal.ts'
import { Compaction } from './compaction.ts'
import { checkTopicConfigs } from './config-changes.ts'
import { checkNamesFree, checkPartitionNamesFree } from './name-claims.ts'
import { type CheckedTopic, checkNewTopic, checkPartitionCount, type NewTopic } from './new-topic.ts'
import { Partition } from './partition.ts'
import { Retention } from './retention.ts'
import { Topic } from './topic.ts'
import { type AlterableLevel, checkedDefaults, TopicDefaults } from './topic-defaults.ts'
import { isInternalTopic, unifiedName } from './topic-name.ts'

const KIND = 'topic'

export type TopicChange = 'created' | 'widened' | 'deleted'
type TopicListener = (topic: Topic, what: TopicChange) => void

interface KeptTopic {
  readonly id: string
  readonly partitions: number
  readonly configs: Readonly<Record<string, string>>
  readonly internal: boolean
}

export class Topics {
  /** Moves with every topic made, deleted or widened, and with every setting altered. */
  version = 1
  readonly defaults: TopicDefaults
  private readonly context: StreamContext
  private readonly byName = new Map<string, Topic>()
  private readonly byIdentity = new Map<string, Topic>()
  private readonly byUnifiedName = new Map<string, Topic>()
  private readonly listeners: TopicListener[] = []
  private readonly retention: Retention
  private readonly compaction: Compaction

  /** @throws StreamRefusal invalid-config if the broker's defaults of topics are none */
  constructor(context: StreamContext) {
    this.context = context
    this.defaults = new TopicDefaults(context.vhost, context.catalog, context.settings)
    this.retention = new Retention(this, context)
    this.compaction = new Compaction(this, context)
  }

  get(name: string): Topic | undefined {
    return this.byName.get(name)
  }

  byId(id: string): Topic | undefined {
    return this.byIdentity.get(id)
  }

  /** In the order they were made. */
  all(): Iterable<Topic> {
    return this.byName.values()
  }

  get count(): number {
    return this.byName.size
  }

  /**
   * Called once the topic can be found with all its partitions, at a start too; once it has more of them; once it cannot
   * be found any more.
   */
  onChanged(listener: TopicListener): void {
    this.listeners.push(listener)
  }

  /** Finds what is kept. Called once, before any client. */
  restore(): void {
    this.defaults.restore()
    const logs = this.ownLogs()
    for (const { key, value } of this.context.catalog.all(KIND)) {
      const [vhost, name] = key
      if (vhost !== this.context.vhost) continue
      const { id, partitions, configs, internal } = value as KeptTopic
      const topic = this.insert(name, id, internal, new Map(Object.entries(configs)))
      for (let index = 0; index < partitions; index++) {
        const owner = this.ownerOf(topic, index)
        this.addPartition(topic, logs.get(owner))
        logs.delete(owner)
      }
      this.tell(topic, 'created')
    }
    for (const log of logs.values()) this.context.engine.deletePartition(log)
  }

  /** Timers are cleared; nothing is deleted. */
  stop(): void {
    this.retention.stop()
    this.compaction.stop()
  }

  /** With all the vhost: every topic goes, and what was altered of the broker's defaults. */
  deleteAll(): void {
    for (const topic of [...this.all()]) this.delete(topic)
    this.defaults.forget()
  }

  /** @throws StreamRefusal why the topic cannot be made */
  check(wanted: NewTopic, nodeId: number): CheckedTopic {
    const checked = checkNewTopic(wanted, nodeId, this.context.settings)
    const other = this.byUnifiedName.get(unifiedName(wanted.name))
    if (other?.name === wanted.name) {
      throw new StreamRefusal('topic-already-exists', `Topic '${wanted.name}' already exists.`)
    }
    if (other !== undefined) {
      const text = `Topic '${wanted.name}' collides with existing topic: ${other.name}`
      throw new StreamRefusal('invalid-topic-exception', text)
    }
    checkNamesFree(this.context.names, checked.name, checked.partitions)
    return checked
  }

  /** Can be used at once; durable with the catalog's last round. */
  create({ name, partitions, overrides }: CheckedTopic): Topic {
    const topic = this.insert(name, randomTopicId(), isInternalTopic(name), overrides)
    this.widen(topic, partitions)
    this.tell(topic, 'created')
    return topic
  }

  /** @param count how many more; durable with the catalog's last round */
  addPartitions(topic: Topic, count: number): void {
    const { length } = topic.partitions
    checkPartitionNamesFree(this.context.names, topic.name, length, length + count)
    this.widen(topic, count)
    this.tell(topic, 'widened')
  }

  /** Its records are gone, and whoever waits at one of its partitions is told so. */
  delete(topic: Topic): void {
    if (this.byName.get(topic.name) !== topic) return
    this.byName.delete(topic.name)
    this.byIdentity.delete(topic.id)
    this.byUnifiedName.delete(unifiedName(topic.name))
    this.context.catalog.remove(KIND, [topic.vhost, topic.name])
    this.version += 1
    for (const partition of topic.partitions) this.context.engine.deletePartition(partition.log)
    this.tell(topic, 'deleted')
  }

  /**
   * Takes effect at once.
   * @param overrides all that the topic says itself from now on
   * @throws StreamRefusal invalid-config; then nothing is altered
   */
  alterConfigs(topic: Topic, overrides: ReadonlyMap<string, string>): void {
    const checked = checkTopicConfigs(overrides)
    // Its publishers were told what to wait for.
    this.context.flushTopics()
    topic.configure(checked, this.defaults, topic.limits)
    this.keep(topic, topic.partitions.length)
    this.version += 1
  }

  /**
   * Takes effect at once on all topics that do not say it themselves.
   * @param values all of the level from now on, by the broker's names
   * @throws StreamRefusal invalid-request; then nothing is altered
   */
  alterDefaults(level: AlterableLevel, values: ReadonlyMap<string, string>): void {
    const checked = checkedDefaults(values)
    this.context.flushTopics()
    this.defaults.alter(level, checked)
    for (const topic of this.all()) topic.configure(topic.overrides, this.defaults, topic.limits)
    this.version += 1
  }

  /** Policies changed; takes effect at once. */
  limitAgain(): void {
    for (const topic of this.all()) topic.configure(topic.overrides, this.defaults, this.context.limitsOf(topic.name))
    this.version += 1
  }

  /** Calls back when all that was made, altered or deleted so far is durable, records included. */
  whenKept(task: () => void): void {
    this.context.durability.after(this.context.engine.seal(), task)
  }

  private insert(name: string, id: string, internal: boolean, overrides: ReadonlyMap<string, string>): Topic {
    const topic = new Topic(
      this.context.vhost,
      name,
      id,
      internal,
      overrides,
      this.defaults,
      this.context.limitsOf(name),
    )
    this.byName.set(name, topic)
    this.byIdentity.set(id, topic)
    this.byUnifiedName.set(unifiedName(name), topic)
    this.retention.wake()
    this.compaction.wake()
    return topic
  }

  private widen(topic: Topic, count: number): void {
    checkPartitionCount(count)
    this.keep(topic, topic.partitions.length + count)
    for (let added = 0; added < count; added++) this.addPartition(topic, undefined)
    this.version += 1
  }

  private tell(topic: Topic, what: TopicChange): void {
    for (const listener of this.listeners) listener(topic, what)
  }

  private addPartition(topic: Topic, recovered: PartitionLog | undefined): void {
    const index = topic.partitions.length
    const options = topic.logOptions(index)
    recovered?.configure(options)
    const log =
      recovered ?? this.context.engine.createPartition(this.ownerOf(topic, index), `${topic.name}-${index}`, options)
    topic.partitions.push(new Partition(topic.name, topic.id, index, log, topic.config))
  }

  private keep(topic: Topic, partitions: number): void {
    const kept: KeptTopic = {
      id: topic.id,
      partitions,
      configs: Object.fromEntries(topic.overrides),
      internal: topic.internal,
    }
    this.context.catalog.put(KIND, [topic.vhost, topic.name], kept)
  }

  private ownerOf(topic: Topic, index: number): string {
    return JSON.stringify(['partition', topic.vhost, topic.id, index])
  }

  private ownLogs(): Map<string, PartitionLog> {
    const logs = new Map<string, PartitionLog>()
    for (const log of this.context.engine.partitions.values()) {
      const [kind, vhost] = JSON.parse(log.owner) as string[]
      if (kind === 'partition' && vhost === this.context.vhost) logs.set(log.owner, log)
    }
    return logs
  }
}

/** As Kafka's tools write it; without a '-' in front, which a command line would take for an option. */
function randomTopicId(): string {
  for (;;) {
    const id = randomBytes(16).toString('base64url')
    if (!id.startsWith('-')) return id
  }
}
