/** RabbitMQ's own load tool, the peer's word beside our loader. Its clients cost more than ours, so its rates are lower. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Metrics } from '../load/job.ts'

const startAllowanceMs = 60_000

/** @throws when the tool fails or prints no rates */
export async function perfTest(
  jars: string,
  address: { host: string; port: number },
  seconds: number,
  args: string[],
): Promise<Metrics> {
  const uri = `amqp://guest:guest@${address.host}:${address.port}`
  const { stdout } = await promisify(execFile)(
    'java',
    ['-cp', `${jars}/*`, 'com.rabbitmq.perf.PerfTest', '-h', uri, '-z', String(seconds), ...args],
    { timeout: seconds * 1000 + startAllowanceMs },
  )
  const rate = (name: string) => {
    const match = new RegExp(`${name} rate avg: (\\d+)`).exec(stdout)
    if (!match) throw new Error(`PerfTest printed no ${name} rate:\n${stdout}`)
    return Number(match[1])
  }
  return { perfTestSentPerSecond: rate('sending'), perfTestReceivedPerSecond: rate('receiving') }
}
