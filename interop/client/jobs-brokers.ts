/** The brokers that jobs are tried with: processes of their own, with ports and directories of their own. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BrokerProcess, freePort } from '../../broker/test/faults/broker-process.ts'
import { startRabbitmq } from '../management/rabbitmq.ts'

export interface JobBroker {
  readonly url: string
  /** Ends it without a warning, and starts it again. @throws if that is not offered */
  killAndStart(): Promise<void>
  stop(): Promise<void>
}

export interface JobBrokerKind {
  readonly name: string
  readonly isSignalbox: boolean
  start(): Promise<JobBroker>
}

export const brokers: readonly JobBrokerKind[] = [
  { name: 'Signalbox', isSignalbox: true, start: startSignalbox },
  { name: 'RabbitMQ', isSignalbox: false, start: startRabbit },
]

async function startSignalbox(): Promise<JobBroker> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-jobs-'))
  const flags = ['--amqp-port', String(await freePort())]
  let broker = await BrokerProcess.start(directory, flags)
  return {
    url: broker.url,
    async killAndStart() {
      await broker.kill()
      broker = await BrokerProcess.start(directory, flags)
    },
    async stop() {
      await broker.stop()
      await rm(directory, { recursive: true })
    },
  }
}

async function startRabbit(): Promise<JobBroker> {
  const { amqp, stop } = await startRabbitmq()
  return {
    url: amqp,
    killAndStart: () => Promise.reject(new Error('this RabbitMQ is not started again')),
    stop,
  }
}
