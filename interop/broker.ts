/** One broker on a fresh data directory and free ports, for the whole run: Signalbox, or Apache Kafka as the measure. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apacheKafka } from '../bench/kafka/apache-kafka.ts'
import { byLine } from './command.ts'
import { kafkaJars } from './install.ts'

/** For a busy machine; alone, each is done within one. */
const SECONDS_TO_START = 120
const SECONDS_TO_STOP = 120

export interface RunningBroker {
  /** By protocol, where clients of it connect; AMQP's with the default user and virtual host spelled out. */
  readonly addresses: { readonly amqp?: string; readonly kafka?: string; readonly http?: string }
  readonly kafkaName: string
  /** Further listeners for Kafka's clients, by name. */
  readonly kafkaListeners?: Readonly<Record<string, string>>
  /** Sends SIGTERM. @throws if it does not exit with 0 in time, with its last words. */
  stop(): Promise<void>
}

/** What the suite asks of a broker beyond its defaults: that it has ACLs, and lets those without a login do all. */
const kafkaSettings = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
}

/** Installed first if need be. @throws if it cannot be had. */
export async function startApacheKafka(): Promise<RunningBroker> {
  const directory = await mkdtemp(join(tmpdir(), 'apache-kafka-interop-'))
  const { address, version, stop } = await apacheKafka(kafkaJars(), kafkaSettings).start(directory)
  return {
    addresses: { kafka: `${address.host}:${address.port}` },
    kafkaName: version,
    async stop() {
      await stop()
      await rm(directory, { recursive: true })
    },
  }
}

/** `config` is a file for it. @throws if the ready line does not come, with what came instead. */
export async function startBroker(config?: string): Promise<RunningBroker> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-interop-'))
  const program = new URL('../broker/src/main.ts', import.meta.url).pathname
  const options = ['--data-dir', directory, '--amqp-port', '0', '--kafka-port', '0', '--http-port', '0']
  if (config !== undefined) options.push('--config', config)
  const child = spawn(process.execPath, [program, ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
  const endWithUs = () => child.kill('SIGKILL')
  process.on('exit', endWithUs)
  const words: string[] = []
  const lastWords = () => words.slice(-8).join(' | ')
  const ended = new Promise<string>((resolve) => {
    child.on('close', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`))
  })
  byLine(child.stderr, (line) => words.push(line))
  const ready = new Promise<string[]>((resolve) => {
    byLine(child.stdout, (line) => {
      words.push(line)
      const found = /^signalbox ready amqp=(\S+) kafka=(\S+) http=(\S+)(.*)/.exec(line)
      if (found) resolve(found.slice(1))
    })
  })
  const failed = ended.then((how) => Promise.reject(new Error(`the broker ended with ${how}: ${lastWords()}`)))
  failed.catch(() => undefined)
  const late = after(SECONDS_TO_START, () => `no ready line within ${SECONDS_TO_START} s: ${lastWords()}`)
  const [amqp, kafka, http, listeners] = await Promise.race([ready, failed, late]).catch((error) => {
    endWithUs()
    throw error
  })
  return {
    addresses: { amqp: `amqp://guest:guest@${amqp}/%2f`, kafka: kafka!, http: `http://${http}` },
    kafkaName: 'Signalbox',
    kafkaListeners: Object.fromEntries([...listeners!.matchAll(/ kafka\.(\S+)=(\S+)/g)].map((one) => one.slice(1))),
    async stop() {
      child.kill('SIGTERM')
      const how = await Promise.race([ended, after(SECONDS_TO_STOP, () => `still running ${SECONDS_TO_STOP} s later`)])
      process.off('exit', endWithUs)
      if (how !== 'exit code 0') throw new Error(`after SIGTERM: ${how}: ${lastWords()}`)
      await rm(directory, { recursive: true })
    },
  }
}

function after(seconds: number, why: () => string): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(why())), seconds * 1000).unref()
  })
}
