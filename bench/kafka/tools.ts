/** Kafka's own load tools and our Java one, as processes with their own CPU beside the broker's. */
import { spawn } from 'node:child_process'
import type { Metrics } from '../load/job.ts'
import { cpuSeconds, memory, openWindow } from '../load/process-counters.ts'
import type { Broker } from '../peers/broker.ts'

const timeoutMs = 900_000
const pollMs = 100
/** As in the scripts that start them. */
const jvm = ['-Xmx512M', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20']

interface Ran {
  out: string
  seconds: number
  cpu: number
}

/** What the tool printed. @throws if it ended with anything but 0. */
export function java(jars: string, command: string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const began = performance.now()
    const stdio = ['ignore', 'pipe', 'pipe'] as const
    const options = { stdio: [...stdio], timeout: timeoutMs, killSignal: 'SIGKILL' as const }
    const child = spawn('java', [...jvm, '-cp', `${jars}/*`, ...command], options)
    let out = ''
    let cpu = 0
    for (const stream of [child.stdout!, child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        out += text
      })
    }
    const poll = setInterval(() => {
      try {
        cpu = cpuSeconds(child.pid!)
      } catch {
        // It has just ended.
      }
    }, pollMs)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearInterval(poll)
      if (code === 0) resolve({ out, cpu, seconds: (performance.now() - began) / 1000 })
      else reject(new Error(`${command[0]} ended with ${code ?? signal}: ${out.slice(-600)}`))
    })
  })
}

/** Runs the tool and adds what the broker used meanwhile. `read` takes the numbers from what the tool printed. */
export async function measured(
  broker: Broker,
  jars: string,
  command: string[],
  read: (out: string) => Metrics,
): Promise<Metrics> {
  const close = openWindow(broker.pid)
  const { out, cpu, seconds } = await java(jars, command)
  const { brokerCores, flushesPerSecond } = close()
  const { now, max } = memory(broker.pid)
  return {
    ...read(out),
    brokerCores,
    clientCores: cpu / seconds,
    flushesPerSecond,
    rssMB: now / 1e6,
    rssMaxMB: max / 1e6,
  }
}

/** Numbers of a line, by the groups of a pattern. @throws with the text that lacks it. */
export function numbersIn<Name extends string>(text: string, pattern: RegExp): Record<Name, number> {
  const groups = pattern.exec(text)?.groups
  if (!groups) throw new Error(`${pattern} is not in what the tool printed: ${text.slice(-600)}`)
  return Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, Number(value)])) as Record<
    Name,
    number
  >
}
