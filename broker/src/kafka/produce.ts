/**
 * Produce: batches into partitions. With acks=all the answer leaves when all of them are as durable as their topics
 * promise; with acks=1 when they are appended, for topics that are `written` when the system has them. With acks=0 there
 * is no answer, but an error ends the connection.
 */
import type { StreamError } from '../broker/stream-refusal.ts'
import { type Appended, isZstdBatch, type Partition, transactionalProducer } from '../broker/topic/partition.ts'
import type { Topic } from '../broker/topic/topic.ts'
import { produce } from '../wire/kafka/messages/produce.ts'
import { type RequestOf, type ResponseOf, ZERO_UUID } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import { errorText } from './error-texts.ts'
import { type Call, handler } from './handler.ts'

type Request = RequestOf<typeof produce>
type Answer = ResponseOf<typeof produce>
type Asked = Request['topicData'][number]
type AskedPartition = Asked['partitionData'][number]
type TopicAnswer = NonNullable<Answer['responses']>[number]
type PartitionAnswer = NonNullable<TopicAnswer['partitionResponses']>[number]

const ALL = -1
const NONE = 0
const ZSTD_SINCE = 7

export const produceHandler = handler(produce, (request, call) => new Production(request, call).begin())

class Production {
  private readonly request: Request
  private readonly call: Call<Answer>
  private readonly responses: TopicAnswer[] = []
  /** Partitions, and the catalog, that are waited for. */
  private left = 1
  private failed = false
  private readonly finished = (): void => this.finish()

  constructor(request: Request, call: Call<Answer>) {
    this.request = request
    this.call = call
  }

  begin(): void {
    const { request, call } = this
    const wrong = this.wrongRequest()
    for (const asked of request.topicData) {
      const partitionResponses: PartitionAnswer[] = []
      const topic = wrong ?? this.topicOf(asked)
      for (const part of asked.partitionData) partitionResponses.push(this.produce(topic, part))
      this.responses.push({ name: asked.name, topicId: asked.topicId, partitionResponses })
    }
    if (request.transactionalId === null) this.finish()
    else call.vhost.streams.transactions.afterChanges(this.finished)
  }

  private wrongRequest(): StreamError | null {
    const { request, call } = this
    if (request.acks < ALL || request.acks > 1) return 'invalid-required-acks'
    const { transactionalId } = request
    if (transactionalId === null || call.may('write', 'transactional-id', transactionalId)) return null
    return 'transactional-id-authorization-failed'
  }

  private topicOf({ name, topicId }: Asked): Topic | StreamError {
    const { topics } = this.call.vhost.streams
    const byId = topicId !== ZERO_UUID
    const topic = byId ? topics.byId(topicId) : topics.get(name)
    if (topic === undefined && byId) return 'unknown-topic-id'
    if (!this.call.may('write', 'topic', topic?.name ?? name)) return 'topic-authorization-failed'
    return topic ?? 'unknown-topic-or-partition'
  }

  private produce(topic: Topic | StreamError, { index, records }: AskedPartition): PartitionAnswer {
    if (typeof topic === 'string') return this.refused(index, topic)
    const partition = topic.partitions[index]
    if (partition === undefined) return this.refused(index, 'unknown-topic-or-partition')
    if (records === null || records.length === 0)
      return this.refused(index, 'invalid-record', 'there is no record batch')
    const error = this.refusal(topic, partition, records)
    if (error !== null) return this.refused(index, error)
    const appended = partition.append(records, this.call.now)
    if (appended.error !== null) return this.refused(index, appended.error, appended.errorMessage, appended)
    const { flows } = this.call.vhost
    flows.produced(this.call.connection, topic.name, appended.endOffset - appended.baseOffset)
    const answer = {
      index,
      errorCode: 0,
      baseOffset: appended.baseOffset,
      logAppendTimeMs: appended.logAppendTimeMs,
      logStartOffset: partition.log.startOffset,
    }
    if (this.mustWait(topic)) this.wait(partition, appended, answer)
    return answer
  }

  private refusal(topic: Topic, partition: Partition, records: Uint8Array): StreamError | null {
    const { request, call } = this
    const { settings } = call.context
    if (request.acks === ALL && topic.config.minInsyncReplicas > 1 && !settings.acceptAnyReplicationFactor) {
      return 'not-enough-replicas'
    }
    if (call.version < ZSTD_SINCE && isZstdBatch(records)) return 'unsupported-compression-type'
    const producer = transactionalProducer(records)
    if (producer === null) return null
    if (request.transactionalId === null) return 'invalid-txn-state'
    return call.vhost.streams.transactions.checkProduce(
      request.transactionalId,
      producer.producerId,
      producer.producerEpoch,
      topic.name,
      partition.index,
      call.version,
    )
  }

  private mustWait(topic: Topic): boolean {
    if (this.request.acks === ALL || this.call.context.broker.engine.lagging) return true
    return this.request.acks !== NONE && topic.config.durability === 'written'
  }

  private wait(partition: Partition, appended: Appended, answer: { errorCode: number; baseOffset: number }): void {
    this.left++
    partition.whenDurable(appended.endOffset, (error) => {
      if (error !== null) {
        this.failed = true
        answer.errorCode = errorCode(error)
        answer.baseOffset = -1
      }
      this.finish()
    })
  }

  private refused(
    index: number,
    error: StreamError,
    errorMessage: string | null = errorText(error),
    appended: Appended | null = null,
  ): PartitionAnswer {
    this.failed = true
    const recordErrors = appended?.recordErrors.map((one) => ({
      batchIndex: one.batchIndex,
      batchIndexErrorMessage: one.message,
    }))
    return { index, errorCode: errorCode(error), baseOffset: -1, errorMessage, recordErrors: recordErrors ?? [] }
  }

  private finish(): void {
    this.left--
    if (this.left > 0) return
    const { call } = this
    if (this.request.acks !== NONE) call.respond({ responses: this.responses })
    else if (this.failed) call.close('an error in a Produce request that wants no answer')
    else call.respondNothing()
  }
}
