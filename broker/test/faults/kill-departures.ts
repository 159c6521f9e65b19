/** kill -9 while messages are dead-lettered, delayed, set aside for a retry, and looked through for duplicates. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel, ConfirmChannel, ConsumeMessage } from 'amqplib'
import { BrokerProcess } from './broker-process.ts'
import { connect } from './numbered-load.ts'

const IN_FLIGHT_MAX = 200
const DELAY_MS_MAX = 2000
const QUEUES = ['work', 'later', 'unique', 'grave'] as const
/** Nothing more arrives after so long without a delivery, delays included. */
const QUIET_MS = DELAY_MS_MAX + 1500

interface Sent {
  readonly number: number
  readonly way: 'work' | 'later' | 'unique'
  dueMs: number
  /** Confirmed in this round of kills; -1: not yet. */
  confirmedIn: number
  /** Sent again after it was confirmed. */
  repeated: boolean
  /** Sent again because it was not confirmed: both may have arrived. */
  unclear: boolean
  /** How often it was delivered from its own queue without being marked redelivered. */
  arrived: number
  finished: boolean
}

class Book {
  readonly sent: Sent[] = []
  deadLettered = 0

  publishing(): Sent {
    const number = this.sent.length
    const way = (['work', 'later', 'unique'] as const)[number % 3]
    const dueMs = way === 'later' ? Date.now() + Math.floor(Math.random() * DELAY_MS_MAX) : 0
    const sent = { number, way, dueMs, confirmedIn: -1, repeated: false, unclear: false, arrived: 0, finished: false }
    this.sent.push(sent)
    return sent
  }

  delivered(queue: string, message: ConsumeMessage): Sent {
    const sent = this.sent[Number(message.content.toString())]
    assert.ok(sent !== undefined, `${message.content} was never published`)
    assert.ok(Date.now() >= sent.dueMs, `${sent.number} came ${sent.dueMs - Date.now()} ms before its time`)
    if (queue === 'grave') this.deadLettered++
    else if (!message.fields.redelivered) sent.arrived++
    return sent
  }

  judge(): void {
    const lost = this.sent
      .filter((one) => one.confirmedIn >= 0 && !one.finished)
      .map(({ number, way }) => `${way} ${number}`)
    assert.deepEqual(lost, [], 'confirmed and lost')
    const twice = this.sent.filter((one) => one.repeated && !one.unclear && one.arrived > 1).map(({ number }) => number)
    assert.deepEqual(twice, [], 'confirmed duplicates that came a second time')
  }
}

/** Every confirmed message is delivered in the end, none before its time, and no confirmed duplicate a second time. */
export async function killUnderDepartures(
  dataDir: string,
  rounds: number,
  flags: readonly string[] = [],
): Promise<string> {
  const book = new Book()
  for (let round = 0; round < rounds; round++) {
    const broker = await BrokerProcess.start(dataDir, flags)
    const running = Promise.allSettled([publish(broker.url, book, round), consume(broker.url, book, 0.4)])
    await sleep(500 + Math.random() * 1000)
    await broker.kill()
    await running
  }
  const broker = await BrokerProcess.start(dataDir, flags)
  await consume(broker.url, book, 0)
  assert.equal(await broker.stop(), 0)
  book.judge()
  const confirmed = book.sent.filter((one) => one.confirmedIn >= 0).length
  assert.ok(
    confirmed > rounds * 50 && book.deadLettered > rounds * 5,
    `${confirmed} confirmed, ${book.deadLettered} dead`,
  )
  return `${rounds} rounds, ${confirmed} confirmed, ${book.deadLettered} dead-lettered`
}

async function publish(url: string, book: Book, round: number): Promise<void> {
  const connection = await connect(url)
  let isOpen = true
  connection.once('close', () => {
    isOpen = false
  })
  const channel = await connection.createConfirmChannel()
  channel.on('error', () => {})
  await declare(channel)
  let inFlight = 0
  const send = (sent: Sent): void => {
    inFlight++
    publishOne(channel, sent, (error) => {
      inFlight--
      if (!error && sent.confirmedIn < 0) sent.confirmedIn = round
    })
  }
  // What is unanswered is sent again; of what is answered, some.
  for (const sent of book.sent) {
    if (sent.way !== 'unique' || (sent.confirmedIn >= 0 && sent.number % 5 > 0)) continue
    sent.repeated = sent.confirmedIn >= 0
    sent.unclear ||= !sent.repeated
    send(sent)
  }
  while (isOpen) {
    if (inFlight < IN_FLIGHT_MAX) send(book.publishing())
    else await sleep(1)
  }
}

function publishOne(channel: ConfirmChannel, sent: Sent, answered: (error: unknown) => void): void {
  const body = Buffer.from(String(sent.number))
  try {
    if (sent.way === 'work') channel.publish('', 'work', body, { persistent: true }, answered)
    else if (sent.way === 'later') {
      const headers = { 'x-delay': Math.max(0, sent.dueMs - Date.now()) + 1 }
      channel.publish('waiting', 'later', body, { persistent: true, headers }, answered)
    } else {
      const headers = { 'x-deduplication-header': String(sent.number) }
      channel.publish('once', '', body, { persistent: true, headers }, answered)
    }
  } catch (error) {
    answered(error)
  }
}

/** Until the connection ends, or nothing arrives any more. `failing`: the share of what is sent back. */
async function consume(url: string, book: Book, failing: number): Promise<void> {
  const connection = await connect(url)
  const wrong: unknown[] = []
  let last = Date.now()
  let isOpen = true
  connection.once('close', () => {
    isOpen = false
  })
  const channel = await connection.createChannel()
  channel.on('error', () => {})
  await declare(channel)
  await channel.prefetch(50)
  for (const queue of QUEUES) {
    await channel.consume(queue, (message) => {
      if (message === null) return
      last = Date.now()
      try {
        answer(channel, book.delivered(queue, message), message, Math.random() < failing && queue === 'work')
      } catch (error) {
        wrong.push(error)
      }
    })
  }
  while (isOpen && wrong.length === 0 && Date.now() - last < QUIET_MS) await sleep(20)
  if (isOpen) {
    await channel.close()
    await connection.close()
  }
  if (wrong.length > 0) throw wrong[0]
}

function answer(channel: Channel, sent: Sent, message: ConsumeMessage, fails: boolean): void {
  if (fails) channel.nack(message, false, Math.random() < 0.5)
  else {
    sent.finished = true
    channel.ack(message)
  }
}

async function declare(channel: Channel): Promise<void> {
  const retry = { 'x-delivery-limit': 2, 'x-delayed-retry-type': 'all', 'x-delayed-retry-min': 50 }
  await channel.assertExchange('graves', 'fanout')
  await channel.assertExchange('waiting', 'x-delayed-message', { arguments: { 'x-delayed-type': 'direct' } })
  await channel.assertExchange('once', 'x-message-deduplication', { arguments: { 'x-cache-size': 1_000_000 } })
  for (const queue of QUEUES) {
    const args = queue === 'work' ? { 'x-dead-letter-exchange': 'graves', ...retry } : {}
    await channel.assertQueue(queue, { durable: true, arguments: args })
  }
  await channel.bindQueue('grave', 'graves', '')
  await channel.bindQueue('later', 'waiting', 'later')
  await channel.bindQueue('unique', 'once', '')
}
