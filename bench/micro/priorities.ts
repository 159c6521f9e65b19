/**
 * A million messages waiting with ten priorities in turn, taken in strict order, against the same without priorities.
 * `node bench/micro/priorities.ts [messages] [body bytes]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDisk } from '../../broker/src/base/disk.ts'
import { Turn } from '../../broker/src/base/turn.ts'
import type { Queue } from '../../broker/src/broker/queue/queue.ts'
import { Subscription } from '../../broker/src/broker/queue/subscription.ts'
import type { MessageView } from '../../broker/src/record/message.ts'
import { encodeProperties } from '../../broker/src/wire/amqp/properties.ts'
import { bareBroker, DirectPublisher } from './bare-broker.ts'

const messages = Number(process.argv[2] ?? 1_000_000)
const bodyBytes = Number(process.argv[3] ?? 100)
const LEVELS = 10
const BATCH = 1000

class Taker extends Subscription {
  readonly noAck = true
  readonly exclusive = false
  taken = 0
  disorder = 0
  private last = LEVELS

  deliver(view: MessageView): void {
    this.taken++
    if (view.priority > this.last) this.disorder++
    this.last = view.priority
  }
  wake(): void {}
  queueGone(): void {}
}

const folder = mkdtempSync(join(tmpdir(), 'signalbox-priorities-'))
const bare = await bareBroker(await openDisk(folder), new Turn())
const { engine, vhost } = bare
const blocks = Array.from({ length: LEVELS }, (_, priority) => encodeProperties({ deliveryMode: 2, priority }))

async function fill(queue: Queue): Promise<void> {
  const publisher = new DirectPublisher(bare, queue.name, bodyBytes)
  const { draft } = publisher
  draft.persistent = true
  draft.hasPriority = true
  for (let sent = 0; sent < messages; ) {
    for (let i = 0; i < BATCH; i++, sent++) {
      draft.priority = sent % LEVELS
      draft.arrival = Date.now()
      publisher.publish(blocks[draft.priority])
    }
    await sleep(0)
  }
}

/** @returns messages per second. */
async function drain(queue: Queue): Promise<number> {
  const taker = new Taker()
  queue.subscribe(taker)
  const started = performance.now()
  queue.want(taker)
  while (taker.taken < messages) await new Promise((resolve) => setImmediate(resolve))
  const rate = messages / ((performance.now() - started) / 1000)
  if (queue.name === 'priorities' && taker.disorder > 0) throw new Error(`${taker.disorder} messages out of order`)
  queue.unsubscribe(taker)
  return rate
}

const rates: { [name: string]: number[] } = { plain: [], priorities: [] }
for (let round = 0; round < 3; round++) {
  for (const [name, args] of [
    ['plain', {}],
    ['priorities', { 'x-max-priority': LEVELS - 1 }],
  ] as const) {
    const options = { name, durable: true, autoDelete: false, exclusiveTo: null, arguments: args }
    const queue = vhost.declareQueue(options, null)
    await fill(queue)
    await sleep(500)
    rates[name].push(await drain(queue))
    vhost.removeQueue(queue)
    await sleep(500)
  }
}
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[1]
const [plain, laned] = [median(rates.plain), median(rates.priorities)]
console.log(
  `${messages} × ${bodyBytes} B: plain ${Math.round(plain / 1000)} k/s, ten priorities ${Math.round(laned / 1000)} k/s, ` +
    `ratio ${(laned / plain).toFixed(2)}, strictly in order`,
)
await engine.close()
rmSync(folder, { recursive: true, force: true })
