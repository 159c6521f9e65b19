/** WriteTxnMarkers: an operator ends what a partition holds open. Answered when the markers are durable. */
import type { StreamError } from '../broker/stream-refusal.ts'
import { endHanging } from '../broker/transaction/hanging.ts'
import { writeTxnMarkers } from '../wire/kafka/messages/write-txn-markers.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { errorCode } from './error-codes.ts'
import { type Call, handler } from './handler.ts'

type Wanted = RequestOf<typeof writeTxnMarkers>['markers'][number]
type Answering = Call<ResponseOf<typeof writeTxnMarkers>>

export const writeTxnMarkersHandler = handler(writeTxnMarkers, (request, call) => {
  const mayWrite = call.may('cluster-action', 'cluster', CLUSTER_NAME) || call.may('alter', 'cluster', CLUSTER_NAME)
  let waitingFor = 1
  const answered = () => {
    waitingFor -= 1
    if (waitingFor === 0) call.respond({ markers })
  }
  const markers = request.markers.map((wanted) => ({
    producerId: wanted.producerId,
    topics: wanted.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        const result = { partitionIndex, errorCode: 0 }
        waitingFor += 1
        const done = (error: StreamError | null) => {
          result.errorCode = errorCode(error)
          answered()
        }
        if (mayWrite) write(wanted, name, partitionIndex, call, done)
        else done('cluster-authorization-failed')
        return result
      }),
    })),
  }))
  answered()
})

function write(
  wanted: Wanted,
  topicName: string,
  partitionIndex: number,
  call: Answering,
  done: (error: StreamError | null) => void,
): void {
  const partition = call.vhost.streams.topics.get(topicName)?.partitions[partitionIndex]
  if (partition === undefined) {
    done('unknown-topic-or-partition')
    return
  }
  const result = endHanging(partition, { ...wanted, commit: wanted.transactionResult }, call.now)
  if (typeof result === 'number') partition.whenDurable(result, done)
  else done(result)
}
