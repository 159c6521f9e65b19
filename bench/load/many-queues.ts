/**
 * Many durable queues, each with its own confirming publisher that has one message in flight: publish, wait for the
 * confirm, publish again. Nobody consumes. Each publisher is a channel of its own; a connection carries many.
 */
import { Connection } from './connection.ts'
import { basicAck, confirmSelect, confirmSelectOk, METHOD, publish, queueDeclare, queueDeclareOk } from './frames.ts'
import { type Job, type Metrics, sleep } from './job.ts'
import { openWindow } from './process-counters.ts'

export interface ManyQueuesJob extends Job {
  bodyBytes: number
  connections: number
  channelsEach: number
}

export async function manyQueues(job: ManyQueuesJob): Promise<Metrics> {
  const body = Buffer.alloc(job.bodyBytes, 'x')
  let confirmed = 0
  let running = true
  const connections: Connection[] = []
  const first: Array<() => void> = []
  for (let index = 0; index < job.connections; index++) {
    const connection = await Connection.open(job.address)
    connections.push(connection)
    const messages: Buffer[] = []
    for (let channel = 1; channel <= job.channelsEach; channel++) {
      const name = `many-${index}-${channel}`
      await connection.openChannel(channel)
      await connection.call(queueDeclare(channel, name, { durable: true }, job.queueArguments), queueDeclareOk)
      await connection.call(confirmSelect(channel), confirmSelectOk)
      messages[channel] = publish(channel, '', name, body, true)
    }
    let next: Buffer[] = []
    connection.onFrame = (type, channel, id) => {
      if (type !== METHOD || id !== basicAck) return
      confirmed++
      next.push(messages[channel])
    }
    connection.onChunk = () => {
      if (next.length === 0 || !running) return
      connection.socket.write(Buffer.concat(next))
      next = []
    }
    first.push(() => connection.socket.write(Buffer.concat(messages.slice(1))))
  }
  const measured = async (): Promise<Metrics> => {
    for (const start of first) start()
    await sleep(job.warmupSeconds)
    const close = openWindow(job.pid)
    const before = confirmed
    await sleep(job.seconds)
    const window = close()
    return { confirmedPerSecond: (confirmed - before) / window.seconds, ...window }
  }
  const metrics = await Promise.race([measured(), ...connections.map((connection) => connection.failure)])
  running = false
  for (const connection of connections) connection.close()
  return metrics
}
