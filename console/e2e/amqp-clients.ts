/** Clients of AMQP beside the one that every test has: with a login, a vhost and a name of their own. */
import { type Channel, type ChannelModel, connect, type GetMessage } from 'amqplib'
import { type ConsoleAtWork, until } from './real-broker.ts'

interface Who {
  readonly user?: string
  readonly password?: string
  readonly vhost?: string
  /** What it calls itself. */
  readonly name?: string
}

/** What amqplib says when the login is right and the vhost is refused: the broker's reason it keeps to itself. */
export const KEPT_OUT = /Expected ConnectionOpenOk; got <ConnectionClose/

/** @throws what the broker refuses it with */
export async function connectAs(console: ConsoleAtWork, who: Who = {}): Promise<ChannelModel> {
  const { user = 'guest', password = user, vhost = '/', name = `a client of ${user}` } = who
  const { listeners } = await console.ask<{ listeners: { protocol: string; port: number }[] }>('/overview')
  const { port } = listeners.find(({ protocol }) => protocol === 'amqp')!
  const client = await connect(
    { hostname: '127.0.0.1', port, username: user, password, vhost },
    { clientProperties: { connection_name: name } },
  )
  client.on('error', () => {})
  return client
}

/** Takes the next message of a queue, as soon as there is one. */
export async function nextOf(channel: Channel, queue: string): Promise<GetMessage> {
  const got: GetMessage[] = []
  await until(async () => {
    const message = await channel.get(queue, { noAck: true })
    if (message !== false) got.push(message)
    return message !== false
  }, `a message in ${queue}`)
  return got[0]!
}
