/**
 * Reads orders and writes invoices. The invoices of a batch and the offset behind its orders belong to one transaction:
 * either both are there or neither is. It knows nothing of crashes; it is simply started again.
 */
import { kafkaClient, sessionMs } from '../kafka.ts'
import { groupId, invoiceOf, invoices, orders, transactionalId } from './orders.ts'

const kafka = kafkaClient(process.argv[2])
const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
const consumer = kafka.consumer({
  groupId,
  sessionTimeout: sessionMs,
  heartbeatInterval: sessionMs / 6,
  maxWaitTimeInMs: 100,
  maxBytesPerPartition: 4096,
})
consumer.on(consumer.events.CRASH, ({ payload }) => {
  console.log('the processor crashed:', payload.error)
  process.exit(1)
})

await producer.connect()
// Its first transaction aborts the one in which its predecessor died. Only then is the committed offset the right one.
await (await producer.transaction()).abort()
await consumer.connect()
await consumer.subscribe({ topic: orders.topic, fromBeginning: true })
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  async eachBatch({ batch, resolveOffset, heartbeat }) {
    const { partition } = batch
    const messages = batch.messages.map(({ key, value }) => ({ partition, key, value: invoiceOf(value!.toString()) }))
    const offset = String(BigInt(batch.lastOffset()) + 1n)

    const transaction = await producer.transaction()
    await transaction.send({ topic: invoices.topic, messages })
    process.send!({ written: messages.length })
    const topics = [{ topic: orders.topic, partitions: [{ partition, offset }] }]
    await transaction.sendOffsets({ consumerGroupId: groupId, topics })
    await transaction.commit()
    process.send!({ committed: messages.length })

    resolveOffset(batch.lastOffset())
    await heartbeat()
  },
})
process.send!('ready')

process.once('disconnect', async () => {
  await consumer.disconnect()
  await producer.disconnect()
})
