/** A broker that stops has stopped its schedules: what ticks while the journal closes would pass for a failure of the disk. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from 'amqplib'
import { startBroker } from '../../src/index.ts'

test('a broker stops in peace while schedules tick', async () => {
  for (let run = 0; run < 10; run++) {
    const failures: Error[] = []
    const broker = await startBroker({ memory: true, onFatal: (error) => failures.push(error) })
    const connection = await connect(broker.amqpUrl!)
    const channel = await connection.createChannel()
    await channel.assertQueue('ticks', { durable: true })
    for (let i = 0; i < 20; i++) {
      await channel.assertExchange(`every-${i}`, 'x-schedule', { arguments: { 'x-every': 10 } })
      await channel.bindQueue('ticks', `every-${i}`, '')
    }
    await new Promise((resolve) => setTimeout(resolve, 15 + run))
    await connection.close()
    await broker.stop()
    await new Promise((resolve) => setTimeout(resolve, 30))
    assert.deepEqual(failures, [])
  }
})
