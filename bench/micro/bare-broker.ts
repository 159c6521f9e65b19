/** A broker in this process, without sockets or processes beside it; and messages that go straight to a queue of it. */
import { propertyBlocks } from '../../broker/src/amqp/property-blocks.ts'
import { systemClock } from '../../broker/src/base/clock.ts'
import type { Disk } from '../../broker/src/base/disk.ts'
import { silentLogger } from '../../broker/src/base/logger.ts'
import type { Turn } from '../../broker/src/base/turn.ts'
import { Broker } from '../../broker/src/broker/broker.ts'
import { names } from '../../broker/src/broker/dead-letters.ts'
import { Route } from '../../broker/src/broker/queue/route.ts'
import type { Vhost } from '../../broker/src/broker/vhost.ts'
import type { LogEngine } from '../../broker/src/log/engine.ts'
import { openFileEngine } from '../../broker/src/log/file-engine.ts'
import { MessageDraft } from '../../broker/src/record/message.ts'

export interface BareBroker {
  readonly engine: LogEngine
  readonly broker: Broker
  readonly vhost: Vhost
}

export async function bareBroker(disk: Disk, turn: Turn): Promise<BareBroker> {
  const [clock, logger] = [systemClock, silentLogger()]
  const engine = await openFileEngine({ disk, clock, turn, logger })
  const broker = new Broker({
    engine,
    turn,
    clock,
    logger,
    loopbackUsers: [],
    durability: 'synced',
    properties: propertyBlocks,
  })
  return { engine, broker, vhost: broker.declareVhost('/') }
}

/** Publishes to one queue by the default exchange. */
export class DirectPublisher {
  readonly draft = new MessageDraft()
  private readonly route = new Route()
  private readonly engine: LogEngine

  constructor({ engine, vhost }: BareBroker, queue: string, bodyBytes: number) {
    this.engine = engine
    this.draft.names = names('', queue)
    this.draft.body = Buffer.alloc(bodyBytes, 'x')
    this.draft.bodyLen = bodyBytes
    vhost.route(vhost.exchange(''), queue, null, this.route)
  }

  /** What else is to be in it stands in the draft. */
  publish(properties: Uint8Array): void {
    this.draft.properties = properties
    this.draft.propertiesLen = properties.length
    this.route.append(this.engine, this.draft)
  }
}
