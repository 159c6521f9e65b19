/** Schedules on a broker without protocols, and what their queues got. */
import { propertyBlocks } from '../../src/amqp/property-blocks.ts'
import type { MessageProperties } from '../../src/broker/property-blocks.ts'
import type { Queue } from '../../src/broker/queue/queue.ts'
import type { Exchange } from '../../src/broker/routing/exchange.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import type { Schedule } from '../../src/broker/schedule/schedule.ts'
import { kill } from '../delay/delayed.ts'
import { bodyOf, World } from '../queue/harness.ts'

interface Got {
  readonly text: string
  /** Of the tick. */
  readonly at: number
  readonly properties: MessageProperties
}

export function declare(world: World, name: string, args: Headers, durable = true): Exchange {
  const options = { durable, autoDelete: false, internal: false, arguments: args }
  return world.vhost.declareExchange(name, 'x-schedule', options)
}

/** A schedule with a queue `jobs`, at the clock's beginning. */
export async function scheduled(args: Headers): Promise<World> {
  const world = await World.open()
  await world.broker.restored()
  declare(world, 'tick', args)
  world.vhost.bind('tick', world.queue('jobs'), '', {})
  await world.settle()
  return world
}

export function scheduleOf(world: World, name = 'tick'): Schedule {
  return world.vhost.schedules.of(world.vhost.exchange(name))!
}

/** Takes everything that is ready. */
export async function got(world: World, queue: Queue = world.queue('jobs')): Promise<Got[]> {
  await world.settle()
  const found: Got[] = []
  for (;;) {
    let place = -1
    const result = queue.get(false, (view) => {
      place = view.place
      const properties = propertyBlocks.read(view.buffer, view.propertiesPos, view.propertiesLen)
      found.push({ text: bodyOf(view), at: Number(properties.headers?.['x-scheduled-at']), properties })
    })
    if (result === 'empty') return found
    if (result === 'got') queue.acknowledge(place)
    await world.settle()
  }
}

/** As ISO texts without zone and thousandths. */
export async function times(world: World, queue?: Queue): Promise<string[]> {
  return (await got(world, queue)).map(({ at }) => new Date(at).toISOString().slice(0, 19))
}

/** The process dies when all is durable, and another one starts so much later. */
export async function killed(world: World, downMs: number): Promise<void> {
  world.engine.seal()
  await world.settle()
  await kill(world, downMs)
  await world.broker.restored()
  await world.settle()
}
