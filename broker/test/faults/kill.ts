/** kill -9 in the middle of confirmed load, again and again on one data directory. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerProcess } from './broker-process.ts'
import { checkComplete, connect, drain, NumberedPublisher, parse } from './numbered-load.ts'

const EXCHANGE = 'faults'
const PUBLISHERS = 4
const IN_FLIGHT_MAX = 500

/** Every confirmed message is in both queues, by its own number and in the order of its publisher. */
export async function killUnderLoad(dataDir: string, rounds: number, flags: readonly string[] = []): Promise<string> {
  const publishers = Array.from({ length: PUBLISHERS }, (_, i) => new NumberedPublisher(`p${i}`))
  for (let round = 0; round < rounds; round++) {
    const broker = await BrokerProcess.start(dataDir, flags)
    await declare(broker.url, ['first', 'second'])
    const running = Promise.allSettled(
      publishers.map((publisher) => publisher.run(broker.url, EXCHANGE, 'load', IN_FLIGHT_MAX)),
    )
    await sleep(200 + Math.random() * 1000)
    await broker.kill()
    await running
  }
  const confirmed = publishers.reduce((sum, publisher) => sum + publisher.confirmed.size, 0)
  assert.ok(confirmed > rounds * 100, `only ${confirmed} messages were confirmed in ${rounds} rounds`)
  const broker = await BrokerProcess.start(dataDir, flags)
  for (const queue of ['first', 'second']) checkComplete(await drain(broker.url, queue), publishers)
  assert.equal(await broker.stop(), 0)
  return `${rounds} rounds, ${confirmed} confirmed`
}

/** What was acked before a clean stop never comes back; what was delivered before a kill comes back as redelivered. */
export async function killUnderAcks(dataDir: string, rounds: number): Promise<string> {
  const publisher = new NumberedPublisher('p')
  const delivered = new Set<number>()
  const acked = new Set<number>()
  const wrong: string[] = []
  let again = 0
  for (let round = 0; round < rounds; round++) {
    const isClean = round % 3 === 2
    const broker = await BrokerProcess.start(dataDir)
    await declare(broker.url, ['work'])
    const running = Promise.allSettled([publisher.run(broker.url, EXCHANGE, 'load', IN_FLIGHT_MAX)])
    const connection = await connect(broker.url)
    const channel = await connection.createChannel()
    channel.on('error', () => {})
    await channel.prefetch(200)
    const ackedBefore = new Set(acked)
    await channel.consume('work', (message) => {
      if (message === null) return
      const { number, redelivered } = parse(message)
      if (delivered.has(number)) {
        again++
        assert.ok(redelivered, `${number} came again and was not marked redelivered`)
        if (round % 3 === 0)
          assert.ok(!ackedBefore.has(number), `${number} was acked before a clean stop and came back`)
      }
      delivered.add(number)
      // A part stays unacked, so that something is to be redelivered.
      if (number % 10 === 0 && !redelivered) return
      channel.ack(message)
      acked.add(number)
    })
    await sleep(300 + Math.random() * 700)
    if (isClean) {
      publisher.stop()
      await running
      await sleep(100)
      await channel.close()
      assert.equal(await broker.stop(), 0)
    } else await broker.kill()
    await running
    await connection.close().catch(() => {})
  }
  const broker = await BrokerProcess.start(dataDir)
  const left = await drain(broker.url, 'work')
  assert.equal(await broker.stop(), 0)
  const somewhere = new Set([...acked, ...left.map((message) => message.number)])
  assert.deepEqual(wrong, [])
  const lost = [...publisher.confirmed].filter((number) => !somewhere.has(number))
  assert.deepEqual(lost, [], 'confirmed, never acked, and lost')
  for (const message of left) {
    assert.ok(message.redelivered || !delivered.has(message.number), `${message.number} is not marked redelivered`)
  }
  return `${rounds} rounds, ${publisher.confirmed.size} confirmed, ${acked.size} acked, ${again} delivered again`
}

async function declare(url: string, queues: readonly string[]): Promise<void> {
  const connection = await connect(url)
  const channel = await connection.createChannel()
  await channel.assertExchange(EXCHANGE, 'topic', { durable: true })
  for (const queue of queues) {
    await channel.assertQueue(queue, { durable: true })
    await channel.bindQueue(queue, EXCHANGE, '#')
  }
  await channel.close()
  await connection.close()
}
