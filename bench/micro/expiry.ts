/**
 * A million messages that expire together, every second one among messages that live: how long the event loop is held up
 * while they leave. `node bench/micro/expiry.ts [messages] [drop | dead-letter | queue-ttl]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openDisk } from '../../broker/src/base/disk.ts'
import { Turn } from '../../broker/src/base/turn.ts'
import { encodeProperties } from '../../broker/src/wire/amqp/properties.ts'
import { bareBroker, DirectPublisher } from './bare-broker.ts'

const messages = Number(process.argv[2] ?? 1_000_000)
const mode = process.argv[3] ?? 'drop'
const BATCH = 1000
const LIFE_MS = Number(process.argv[4] ?? 60_000)

const folder = mkdtempSync(join(tmpdir(), 'signalbox-expiry-'))
const bare = await bareBroker(await openDisk(folder), new Turn())
const { engine, vhost } = bare
const shared = { durable: true, autoDelete: false, exclusiveTo: null }
const dead = vhost.declareQueue({ ...shared, name: 'dead', arguments: {} }, null)
const letters = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' }
const queue = vhost.declareQueue(
  {
    ...shared,
    name: 'q',
    arguments: { ...(mode === 'dead-letter' && letters), ...(mode === 'queue-ttl' && { 'x-message-ttl': LIFE_MS }) },
  },
  null,
)
const publisher = new DirectPublisher(bare, 'q', 100)
const { draft } = publisher
draft.persistent = true
const dies = encodeProperties({ deliveryMode: 2, expiration: String(LIFE_MS) })
const lives = encodeProperties({ deliveryMode: 2 })
const dueMs = Date.now() + LIFE_MS
for (let sent = 0; sent < messages; ) {
  for (let i = 0; i < BATCH; i++, sent++) {
    const dying = mode === 'queue-ttl' || sent % 2 === 0
    draft.arrival = dueMs - LIFE_MS
    draft.expiry = dying && mode !== 'queue-ttl' ? dueMs : 0
    publisher.publish(dying ? dies : lives)
  }
  await sleep(0)
}
const staying = mode === 'queue-ttl' ? 0 : messages / 2
await sleep(Math.max(0, dueMs - Date.now() - 3000))
console.log(`${queue.ready} ready, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`)

const gaps: number[] = []
let last = performance.now()
let watching = true
const watch = (): void => {
  const now = performance.now()
  if (now - last > 1) gaps.push(now - last)
  last = now
  if (watching) setImmediate(watch)
}
watch()
await sleep(3000)
const quiet = gaps.reduce((longest, gap) => Math.max(longest, gap), 0)
gaps.length = 0
const cpu = process.cpuUsage()
const started = performance.now()
while (queue.ready > staying || queue.departures.count > 0) await sleep(5)
const tookMs = performance.now() - started
const used = process.cpuUsage(cpu)
watching = false
gaps.sort((a, b) => b - a)
const ms = (value: number): string => `${value.toFixed(1)} ms`
console.log(
  `${mode}: ${queue.counters.expired} expired in ${ms(tookMs)}, ${queue.ready} live, ` +
    `longest pauses ${gaps.slice(0, 5).map(ms).join(', ')} (before: ${ms(quiet)}), ` +
    `${((used.user + used.system) / 1000).toFixed(0)} ms of CPU${mode === 'dead-letter' ? `, ${dead.ready} dead letters` : ''}`,
)
await engine.close()
rmSync(folder, { recursive: true, force: true })
