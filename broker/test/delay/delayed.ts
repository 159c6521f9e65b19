/** Publishes to due lanes, and kills the broker under them. */
import { ManualClock } from '../../src/base/clock.ts'
import { MemoryDisk } from '../../src/base/disk-memory.ts'
import type { Turn } from '../../src/base/turn.ts'
import { names } from '../../src/broker/dead-letters.ts'
import type { DueLane } from '../../src/broker/delay/due-lane.ts'
import type { Exchange } from '../../src/broker/routing/exchange.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { MessageDraft } from '../../src/record/message.ts'
import { encodeProperties } from '../../src/wire/amqp/properties.ts'
import type { World } from '../queue/harness.ts'

export function declareDelayed(world: World, name: string, type = 'direct', durable = true): Exchange {
  const options = { durable, autoDelete: false, internal: false, arguments: { 'x-delayed-type': type } }
  return world.vhost.declareExchange(name, 'x-delayed-message', options)
}

interface Delayed {
  readonly headers?: Headers
  readonly expiration?: number
  readonly persistent?: boolean
}

/** @returns the round */
export function delay(
  world: World,
  exchange: string,
  key: string,
  text: string,
  dueMs: number,
  of: Delayed = {},
): number {
  const { headers, expiration, persistent = true } = of
  const draft = new MessageDraft()
  draft.properties = encodeProperties({
    deliveryMode: persistent ? 2 : 1,
    ...(expiration !== undefined && { expiration: String(expiration) }),
    ...(headers !== undefined && { headers: headers as never }),
  })
  draft.propertiesLen = draft.properties.length
  draft.names = names(exchange, key)
  draft.body = Buffer.from(text)
  draft.bodyLen = draft.body.length
  draft.persistent = persistent
  draft.arrival = world.clock.now()
  return world.vhost.delays.append(world.vhost.exchange(exchange), draft, dueMs)
}

export function laneOf(world: World, exchange: string): DueLane {
  return world.vhost.delays.lanes.get(exchange)!
}

/** One turn of the event loop, as far as the broker goes. */
export function runTurn(world: World): void {
  ;(Reflect.get(world, 'turn') as Turn).runNow()
}

/** A start on what the disk holds at this moment, `downMs` later. Nothing is told to the broker that ran. */
export async function kill(world: World, downMs = 0): Promise<void> {
  const disk = new MemoryDisk()
  await copyFiles(world.disk, disk, '')
  Object.assign(world, { disk, clock: new ManualClock(world.clock.now() + downMs) })
  await world.start()
}

async function copyFiles(from: MemoryDisk, to: MemoryDisk, entry: string): Promise<void> {
  const names = await from.list(entry)
  for (const name of names) await copyFiles(from, to, entry === '' ? name : `${entry}/${name}`)
  if (names.length > 0 || entry === '') return
  const source = await from.open(entry, 'read')
  const bytes = Buffer.alloc(await source.size())
  await source.read(bytes, 0)
  await (await to.open(entry, 'create')).write([bytes], 0)
}
