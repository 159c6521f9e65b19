/** What a transactional client does, in the dialect of its version: requests by hand, sequences kept as clients keep them. */
import type { StreamError } from '../../src/broker/stream-refusal.ts'
import type { World } from './harness.ts'

/** `1`: adds partitions and groups by requests of their own; `2`: they are added by what is sent (KIP-890). */
export type Dialect = 1 | 2

export class Producer {
  readonly world: World
  readonly transactionalId: string
  readonly dialect: Dialect
  producerId = -1
  producerEpoch = -1
  timeoutMs = 60_000
  private sequences = new Map<string, number>()

  constructor(world: World, transactionalId: string, dialect: Dialect = 2) {
    this.world = world
    this.transactionalId = transactionalId
    this.dialect = dialect
  }

  /** Another one that took its place: same id, knows nothing. */
  successor(): Producer {
    return new Producer(this.world, this.transactionalId, this.dialect)
  }

  get claimed() {
    return {
      transactionalId: this.transactionalId,
      producerId: this.producerId,
      producerEpoch: this.producerEpoch,
    }
  }

  /** Asks once. */
  async initOnce(comesBack = false): Promise<StreamError | null> {
    const { producerId, producerEpoch } = this
    const expected = comesBack ? { producerId, producerEpoch } : null
    return this.answered((done) =>
      this.world.streams.transactions.initProducerId(this.transactionalId, this.timeoutMs, expected, done),
    )
  }

  /** Asks until it is told, which may take a second time. */
  async init(): Promise<this> {
    let error = await this.initOnce()
    if (error === 'concurrent-transactions') error = await this.initOnce()
    if (error !== null) throw new Error(error)
    return this
  }

  addPartition(topic: string, index = 0): StreamError | null {
    return this.world.streams.transactions.addPartitions(this.claimed, [{ name: topic, partitions: [index] }])
  }

  /** Adds if its dialect does, and appends. @returns what was refused, or nothing */
  send(topic: string, index: number, ...values: string[]): StreamError | null {
    const { transactions } = this.world.streams
    const { producerId, producerEpoch, transactionalId } = this
    if (this.dialect === 1) {
      const error = this.addPartition(topic, index)
      if (error !== null) return error
    }
    const version = this.dialect === 2 ? 12 : 9
    const error = transactions.checkProduce(transactionalId, producerId, producerEpoch, topic, index, version)
    if (error !== null) return error
    const key = `${topic}-${index}`
    const baseSequence = this.sequences.get(key) ?? 0
    const appended = this.world.append(topic, index, { values, producerId, producerEpoch, baseSequence })
    if (appended.error === null) this.sequences.set(key, baseSequence + values.length)
    return appended.error
  }

  /** The partition is another one now: its sequence begins anew. */
  forget(topic: string, index = 0): void {
    this.sequences.delete(`${topic}-${index}`)
  }

  sendOffset(group: string, topic: string, offset: number, index = 0): StreamError | null {
    const { transactions, groups } = this.world.streams
    const error = transactions.addGroup(this.claimed, group)
    if (error !== null) return error
    const committer = { memberId: '', instanceId: null, generation: -1, transactional: true }
    const entry = {
      topic,
      partition: index,
      offset,
      leaderEpoch: -1,
      metadata: '',
      committedMs: this.world.clock.now(),
      expiresMs: -1,
    }
    const staged = groups.stageTransactional(group, committer, this.producerId, [entry])
    return typeof staged === 'string' ? staged : null
  }

  /** Sends EndTxn and does not wait. */
  endLater(commit: boolean): Promise<StreamError | null> {
    const { transactions } = this.world.streams
    return this.answered((done) => transactions.end(this.claimed, commit, this.dialect === 2, done))
  }

  commit(): Promise<StreamError | null> {
    return this.endLater(true)
  }

  abort(): Promise<StreamError | null> {
    return this.endLater(false)
  }

  private answered(
    ask: (done: (error: StreamError | null, producerId: number, producerEpoch: number) => void) => void,
  ): Promise<StreamError | null> {
    let answer: StreamError | null | undefined
    ask((error, producerId, producerEpoch) => {
      answer = error
      if (error === null) this.become(producerId, producerEpoch)
    })
    return this.world.settle().then(() => {
      if (answer === undefined) throw new Error('no answer')
      return answer
    })
  }

  private become(producerId: number, producerEpoch: number): void {
    if (producerId !== this.producerId || producerEpoch !== this.producerEpoch) this.sequences.clear()
    this.producerId = producerId
    this.producerEpoch = producerEpoch
  }
}
