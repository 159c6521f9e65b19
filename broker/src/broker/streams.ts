/** What a vhost keeps for Kafka's clients: topics, groups and transactions. */
import { Groups } from './group/groups.ts'
import type { StreamContext } from './stream-context.ts'
import { Topics } from './topic/topics.ts'
import { Transactions } from './transaction/transactions.ts'

export class Streams {
  readonly topics: Topics
  readonly groups: Groups
  readonly transactions: Transactions

  constructor(context: StreamContext) {
    this.topics = new Topics(context)
    this.groups = new Groups(context, this.topics)
    this.transactions = new Transactions(context, this.topics, this.groups)
  }

  /** Brings back what the catalog and the logs hold. */
  restore(): void {
    this.topics.restore()
    this.groups.restore()
    this.transactions.restore()
  }

  /** Timers end; nothing is removed. */
  stop(): void {
    this.transactions.stop()
    this.groups.stop()
    this.topics.stop()
  }

  /** With all its vhost: everything is removed. */
  end(): void {
    this.stop()
    this.transactions.deleteAll()
    this.groups.deleteAll()
    this.topics.deleteAll()
  }
}
