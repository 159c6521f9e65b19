/**
 * The transactions of a vhost: who may write under a transactional id, what its transaction holds, how it ends.
 */
import type { Groups } from '../group/groups.ts'
import type { StreamContext } from '../stream-context.ts'
import type { StreamError } from '../stream-refusal.ts'
import type { Topics } from '../topic/topics.ts'
import type { Transaction } from './transaction.ts'

export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

export type Identified = (error: StreamError | null, identity: ProducerIdentity) => void

export class Transactions {
  readonly context: StreamContext
  readonly topics: Topics
  readonly groups: Groups
  private readonly byId = new Map<string, Transaction>()

  constructor(context: StreamContext, topics: Topics, groups: Groups) {
    this.context = context
    this.topics = topics
    this.groups = groups
  }

  /** Before any client: what was decided is carried out, what cannot go on is aborted. Topics and groups are restored already. */
  restore(): void {}

  stop(): void {}

  all(): Iterable<Transaction> {
    return this.byId.values()
  }

  get(transactionalId: string): Transaction | undefined {
    return this.byId.get(transactionalId)
  }

  /** A producer's id and epoch; `expected` is what it had (KIP-360). `done` comes when it is durable. */
  initProducerId(
    _transactionalId: string | null,
    _timeoutMs: number,
    _expected: ProducerIdentity | null,
    _done: Identified,
  ): void {}

  /**
   * Whether a transactional batch may enter a partition; called by Produce for each such batch, before it is appended.
   * From `produceVersion` 12 on this adds the partition to the transaction (KIP-890); below, the producer must have
   * added it. An answer without error waits for the catalog: `durability.after(catalog.lastRound, …)`, read after this
   * call, beside the partition's own durability.
   */
  checkProduce(
    _transactionalId: string,
    _producerId: number,
    _producerEpoch: number,
    _topicName: string,
    _partitionIndex: number,
    _produceVersion: number,
  ): StreamError | null {
    return null
  }
}
