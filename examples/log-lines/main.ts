/**
 * A real log file of this machine goes through a durable queue, line by line: published with confirms, consumed with
 * acks on another connection, and compared byte for byte and in order.
 */
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { type ConsumeMessage, connect } from 'amqplib'
import { example } from '../example.ts'

const queue = 'examples.log-lines'
const linesMax = 20_000
const logFiles = [
  '/var/log/dpkg.log', // Debian, Ubuntu
  '/var/log/apt/history.log',
  '/var/log/dnf.rpm.log', // Fedora, Red Hat
  '/var/log/pacman.log', // Arch
  '/var/log/install.log', // macOS
  '/var/log/alternatives.log',
]

await example('log-lines', async ({ amqpUrl }, prove) => {
  const file = logFiles.find((path) => existsSync(path) && statSync(path).size > 0)
  if (!file) throw new Error(`this machine has none of ${logFiles.join(', ')}`)
  const lines = splitLines(readFileSync(file)).slice(0, linesMax)
  const bytes = Buffer.concat(lines)
  console.log(`${lines.length} lines, ${bytes.length} bytes of ${file}`)

  const connection = await connect(amqpUrl)
  const channel = await connection.createChannel()
  await channel.deleteQueue(queue)
  await channel.assertQueue(queue, { durable: true })

  const [confirmed, arrived] = await Promise.all([publish(amqpUrl, lines), consume(amqpUrl, lines.length)])
  const left = await channel.deleteQueue(queue)
  await connection.close()

  prove(`${confirmed} of ${lines.length} lines were confirmed by the broker`, confirmed === lines.length)
  prove(`${arrived.length} of ${lines.length} lines arrived`, arrived.length === lines.length)
  prove('they arrived in the order of the file', arrived.every(isInPlace))
  prove('every byte is the same', Buffer.concat(arrived.map((line) => line.content)).equals(bytes))
  prove('acked lines are gone: the queue is empty', left.messageCount === 0)
})

/** Cuts behind every newline, so that the lines together are the file, to the byte. */
function splitLines(file: Buffer): Buffer[] {
  const lines: Buffer[] = []
  for (let start = 0; start < file.length; ) {
    const newline = file.indexOf('\n', start)
    const end = newline < 0 ? file.length : newline + 1
    lines.push(file.subarray(start, end))
    start = end
  }
  return lines
}

/** Publishes every line under its number; resolves to how many the broker confirmed. */
async function publish(amqpUrl: string, lines: Buffer[]): Promise<number> {
  const connection = await connect(amqpUrl)
  const channel = await connection.createConfirmChannel()
  let confirmed = 0
  for (const [number, line] of lines.entries()) {
    const properties = { persistent: true, messageId: String(number) }
    const hasRoom = channel.sendToQueue(queue, line, properties, (refused) => {
      if (!refused) confirmed++
    })
    if (!hasRoom) await once(channel, 'drain')
  }
  await channel.waitForConfirms()
  await connection.close()
  return confirmed
}

/** Takes and acks lines until `count` have arrived. */
async function consume(amqpUrl: string, count: number): Promise<ConsumeMessage[]> {
  const connection = await connect(amqpUrl)
  const channel = await connection.createChannel()
  const arrived: ConsumeMessage[] = []
  await channel.prefetch(200)
  await new Promise<void>((allArrived) => {
    channel.consume(queue, (line) => {
      arrived.push(line!)
      channel.ack(line!)
      if (arrived.length === count) allArrived()
    })
  })
  await channel.close() // closes behind the last ack; closing only the connection could overtake it
  await connection.close()
  return arrived
}

function isInPlace(line: ConsumeMessage, place: number): boolean {
  return line.properties.messageId === String(place)
}
