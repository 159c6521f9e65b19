/**
 * What order within keys costs: messages through a queue in memory to one consumer that holds at most so many and
 * acknowledges them, plain, with a key for each message of a thousand, and with one key. Prints CPU time per message.
 * `node bench/micro/key-order.ts [messages] [prefetch]`
 */
import { MemoryDisk } from '../../broker/src/base/disk-memory.ts'
import { Turn } from '../../broker/src/base/turn.ts'
import type { Queue } from '../../broker/src/broker/queue/queue.ts'
import { Subscription } from '../../broker/src/broker/queue/subscription.ts'
import type { MessageView } from '../../broker/src/record/message.ts'
import { typed } from '../../broker/src/wire/amqp/field-table.ts'
import { encodeProperties } from '../../broker/src/wire/amqp/properties.ts'
import { bareBroker, DirectPublisher } from './bare-broker.ts'

const messages = Number(process.argv[2] ?? 1_000_000)
const prefetch = Number(process.argv[3] ?? 100)
const BATCH = 1000
const KEYS = 1000

class Worker extends Subscription {
  readonly noAck = false
  readonly exclusive = false
  taken = 0
  private readonly places = new Float64Array(prefetch)
  private held = 0
  private readonly queue: Queue

  constructor(queue: Queue) {
    super()
    this.queue = queue
  }

  deliver({ place }: MessageView): void {
    this.places[this.held++] = place
    if (this.held === prefetch) this.queue.rest(this)
  }

  /** @returns whether there was anything */
  acknowledgeAll(): boolean {
    const { held } = this
    this.taken += held
    this.held = 0
    for (let i = 0; i < held; i++) this.queue.acknowledge(this.places[i]!)
    this.queue.want(this)
    return held > 0
  }

  wake(): void {}
  queueGone(): void {}
}

const turn = new Turn(() => {})
const bare = await bareBroker(new MemoryDisk(), turn)
const { vhost } = bare
const blocks = Array.from({ length: KEYS }, (_, key) =>
  encodeProperties({ deliveryMode: 1, headers: [['x-ordering-key', typed('S', `customer-${key}`)]] }),
)

function run(name: string, ordered: boolean, keys: number): void {
  const args = ordered ? { 'x-ordered-by-key': true } : {}
  const queue = vhost.declareQueue({ name, durable: true, autoDelete: false, exclusiveTo: null, arguments: args }, null)
  const worker = new Worker(queue)
  queue.subscribe(worker)
  queue.want(worker)
  const publisher = new DirectPublisher(bare, name, 100)
  publisher.draft.arrival = Date.now()
  const before = process.cpuUsage()
  for (let sent = 0; sent < messages; ) {
    for (let i = 0; i < BATCH; i++, sent++) publisher.publish(blocks[sent % keys]!)
    do turn.runNow()
    while (worker.acknowledgeAll())
  }
  const { user, system } = process.cpuUsage(before)
  if (worker.taken !== messages) throw new Error(`${worker.taken} of ${messages} came`)
  console.log(`${name.padEnd(24)} ${(((user + system) * 1000) / messages).toFixed(0).padStart(6)} ns a message`)
  vhost.removeQueue(queue)
}

for (let round = 0; round < 3; round++) {
  run('plain', false, KEYS)
  run(`ordered, ${KEYS} keys`, true, KEYS)
  run('ordered, 10 keys', true, 10)
}
process.exit(0)
