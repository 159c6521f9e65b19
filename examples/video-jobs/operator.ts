/**
 * Who looks after broken jobs. It reads in `x-death` where each was, why it died and how often, repairs it, publishes it
 * to the queue it came from, waits for the confirm, and only then acks the broken one. It reports what it found.
 */
import { connect } from 'amqplib'
import { broken } from './queues.ts'

const connection = await connect(process.env.AMQP_URL!)
const channel = await connection.createConfirmChannel()

await channel.consume(broken, async (letter) => {
  const { queue, reason, count } = letter!.properties.headers!['x-death']![0]
  process.send!(`${letter!.content} in ${queue}: ${reason}, ${count} time`)
  const repaired = Buffer.from(letter!.content.toString().replace('scratched ', ''))
  channel.sendToQueue(queue, repaired, { persistent: true })
  await channel.waitForConfirms()
  channel.ack(letter!)
})
process.send!('ready')

process.once('disconnect', async () => {
  await channel.close()
  await connection.close()
})
