/** Whether a broker has a type of exchange that only a plugin brings. RabbitMQ may end the connection that asks. */
import { randomUUID } from 'node:crypto'
import { connect } from 'amqplib'
import { replyCodeOf } from '../errors.ts'

/** @throws when there is no connection */
export async function hasExchangeType(
  url: string,
  socket: object | undefined,
  type: string,
  args: Readonly<Record<string, unknown>>,
): Promise<boolean> {
  const connection = await connect(url, socket)
  const refusals: Error[] = []
  connection.on('error', (error) => refusals.push(error))
  const name = `signalbox.probe.${randomUUID()}`
  try {
    const channel = await connection.createChannel()
    channel.on('error', (error) => refusals.push(error))
    await channel.assertExchange(name, type, { durable: false, autoDelete: true, arguments: args })
    await channel.deleteExchange(name)
    return true
  } catch (error) {
    if ([error as Error, ...refusals].some((one) => replyCodeOf(one) !== undefined)) return false
    throw error
  } finally {
    await connection.close().catch(() => {})
  }
}
