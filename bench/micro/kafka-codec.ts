/**
 * The Kafka codec alone: a Produce request with one batch is decoded, a Fetch response with one is encoded, and the
 * same with 100 partitions. Prints CPU time per message, which other load on the machine hardly changes.
 * `node bench/micro/kafka-codec.ts [messages]`
 */
import { encodeRequest, encodeResponse, readRequest, readRequestHeader } from '../../broker/src/wire/kafka/codec.ts'
import { fetch } from '../../broker/src/wire/kafka/messages/fetch.ts'
import { metadata } from '../../broker/src/wire/kafka/messages/metadata.ts'
import { produce } from '../../broker/src/wire/kafka/messages/produce.ts'

const messages = Number(process.argv[2] ?? 1_000_000)
const topicId = Buffer.alloc(16, 7).toString('base64url')
const records = Buffer.alloc(1024)
const batch = Buffer.alloc(16 * 1024)

function measure(name: string, count: number, task: () => unknown): void {
  for (let i = 0; i < count / 10; i++) task()
  const before = process.cpuUsage()
  for (let i = 0; i < count; i++) task()
  const { user, system } = process.cpuUsage(before)
  console.log(`${name}: ${((user + system) / count).toFixed(3)} µs`)
}

const indexes = (partitions: number): number[] => Array.from({ length: partitions }, (_, i) => i)

function decodeProduce(version: number, partitions: number): void {
  const partitionData = indexes(partitions).map((index) => ({ index, records }))
  const topicData = [{ name: 'user-activity', topicId, partitionData }]
  const sent = encodeRequest(produce, version, 1, 'producer-1', { acks: -1, timeoutMs: 30_000, topicData })
  const message = Buffer.concat(sent.parts).subarray(4)
  measure(`decode Produce v${version}, partitions ${partitions}`, messages / partitions, () =>
    readRequest(produce, version, message, readRequestHeader(message).bodyPos),
  )
}

function encodeFetch(version: number, partitions: number): void {
  const answer = indexes(partitions).map((partitionIndex) => ({
    partitionIndex,
    errorCode: 0,
    highWatermark: 1_000_000,
    lastStableOffset: 1_000_000,
    logStartOffset: 0,
    abortedTransactions: null,
    records: [batch],
  }))
  const responses = [{ topic: 'user-activity', topicId, partitions: answer }]
  measure(`encode Fetch v${version}, partitions ${partitions}`, messages / partitions, () =>
    encodeResponse(fetch, version, 1, { throttleTimeMs: 0, errorCode: 0, sessionId: 0, responses }),
  )
}

function encodeMetadata(topics: number): void {
  const response = {
    brokers: [{ nodeId: 1, host: 'localhost', port: 9092 }],
    topics: indexes(topics).map((i) => ({
      name: `topic-${i}`,
      topicId,
      partitions: [{ leaderId: 1, leaderEpoch: 1, replicaNodes: [1], isrNodes: [1] }],
    })),
  }
  measure(`encode Metadata v12, topics ${topics}`, messages / topics, () => encodeResponse(metadata, 12, 1, response))
}

for (const version of [7, 11, 13]) decodeProduce(version, 1)
decodeProduce(11, 100)
for (const version of [11, 16, 17]) encodeFetch(version, 1)
encodeFetch(17, 100)
encodeMetadata(100)
