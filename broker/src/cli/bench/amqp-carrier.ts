/**
 * A load by AMQP: queues of its own, and a connection for each publisher and consumer. The queues are deleted at the end;
 * if they cannot be, they expire.
 */
import { randomBytes } from 'node:crypto'
import amqplib, { type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib'
import { CommandError } from '../command-error.ts'
import type { Carrier, LoadPlan, LoadPort } from './load.ts'
import type { Outlet } from './publisher.ts'

export interface AmqpPlan extends LoadPlan {
  readonly protocol: 'amqp'
  readonly queues: number
  /** `classic`, `quorum`; as the vhost has it if undefined. */
  readonly queueType: string | undefined
  readonly persistent: boolean
  readonly prefetch: number
  readonly ack: boolean
  readonly ackEvery: number
}

const EXPIRES_MS = 600_000

export class AmqpCarrier implements Carrier {
  private readonly url: string
  private readonly plan: AmqpPlan
  private readonly port: LoadPort
  private readonly connections: ChannelModel[] = []
  private readonly queues: string[]
  private control: { readonly connection: ChannelModel; readonly channel: Channel } | null = null

  constructor(url: string, plan: AmqpPlan, port: LoadPort) {
    this.url = url
    this.plan = plan
    this.port = port
    const run = randomBytes(4).toString('hex')
    this.queues = Array.from({ length: plan.queues }, (_, index) => `signalbox-bench.${run}.${index}`)
  }

  async prepare(): Promise<void> {
    const { plan, queues } = this
    const connection = await this.connect()
    const channel = await connection.createChannel()
    this.control = { connection, channel }
    const expires = plan.warmUpMs + plan.durationMs + EXPIRES_MS
    const type = plan.queueType === undefined ? {} : { 'x-queue-type': plan.queueType }
    for (const queue of queues) {
      await channel.assertQueue(queue, { durable: true, arguments: { 'x-expires': expires, ...type } })
    }
    for (let index = 0; index < plan.consumers; index++) await this.consume(queues[index % queues.length])
  }

  async outlet(index: number): Promise<Outlet> {
    const { queues, port } = this
    const { persistent, isConfirmed } = this.plan
    const connection = await this.connect()
    const channel = await (isConfirmed ? connection.createConfirmChannel() : connection.createChannel())
    channel.on('error', port.failed)
    const queue = queues[index % queues.length]
    const properties = { persistent }
    return {
      batch: 1,
      publish: isConfirmed
        ? ([body], settled) =>
            (channel as ConfirmChannel).publish('', queue, body!, properties, (error) => settled(!error))
        : ([body]) => channel.publish('', queue, body!, properties),
      hasRoom: (callback) => void channel.on('drain', callback),
    }
  }

  /** Errors of what is closed anyway are nobody's matter; what is left expires. */
  async clear(): Promise<void> {
    if (this.control === null) return
    const { connection: control, channel } = this.control
    const gone = new Promise<void>((resolve) => control.once('close', resolve))
    const cleared = async (): Promise<void> => {
      for (const connection of this.connections) if (connection !== control) await connection.close().catch(() => {})
      for (const queue of this.queues) await channel.deleteQueue(queue).catch(() => {})
      await control.close().catch(() => {})
    }
    await Promise.race([cleared(), gone])
  }

  private async connect(): Promise<ChannelModel> {
    const { port } = this
    const { host } = new URL(this.url)
    const connection = await amqplib.connect(this.url, { noDelay: true }).catch((error) => {
      throw new CommandError(`no connection to AMQP at ${host}: ${error.message || error.code}`)
    })
    connection.on('error', (error) => port.failed(new CommandError(`AMQP at ${host}: ${error.message}`)))
    connection.on('close', () => port.failed(new CommandError(`AMQP at ${host}: the connection was closed`)))
    connection.on('blocked', (reason) => port.noticed(`the broker blocks publishers: ${reason}`))
    connection.on('unblocked', () => port.noticed('the broker takes messages again'))
    this.connections.push(connection)
    return connection
  }

  private async consume(queue: string): Promise<void> {
    const { port } = this
    const { prefetch, ack, ackEvery } = this.plan
    const channel = await (await this.connect()).createChannel()
    channel.on('error', port.failed)
    await channel.prefetch(prefetch)
    let unacked = 0
    const take = (message: amqplib.ConsumeMessage | null): void => {
      if (message === null) return
      port.delivered(message.content)
      if (!ack || ++unacked < ackEvery) return
      unacked = 0
      channel.ack(message, ackEvery > 1)
    }
    await channel.consume(queue, take, { noAck: !ack })
  }
}
