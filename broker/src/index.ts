/**
 * Signalbox inside another program: a broker for tests, or for a service that brings its own.
 * It takes no signal, touches no global and never ends the process; after `stop()` nothing of it is left open.
 */
import { createLogger } from './base/logger.ts'
import { version } from './cli/version.ts'
import { fromOptions, SettingsError, settle } from './config/layer.ts'
import type { KafkaOption, Settings, UserOption } from './config/schema.ts'
import { startServer } from './server.ts'

export { SettingsError } from './config/layer.ts'
export type { KafkaOption, Permission, Settings, UserOption } from './config/schema.ts'

/** Any setting of docs/configuration.md, spelled in camel case, with a place to keep messages: memory or a folder. */
export type BrokerOptions = Partial<Omit<Settings, 'dataDir' | 'users' | 'kafka'>> & {
  users?: Record<string, UserOption>
  kafka?: KafkaOption
} & ({ memory: true; dataDir?: never } | { dataDir: string; memory?: never }) & {
    /** Called once when the broker had to give up (for instance: a failed write); it has then closed itself. */
    onFatal?: (error: Error) => void
  }

export interface Broker {
  /** `amqp://user:password@host:port`, with the first user; null when `amqpPort` is. */
  readonly amqpUrl: string | null
  /** `host:port` for a Kafka client, of the first listener; null when there is none. */
  readonly kafkaBootstrap: string | null
  /** `http://host:port` of the management API and the console; null when `httpPort` is. */
  readonly httpUrl: string | null
  /** Closes clients with 320, makes everything durable, frees ports and files. Resolves when all is closed. */
  stop(): Promise<void>
}

/**
 * Starts a broker; resolves when it accepts connections. Ports are free ones unless named.
 * @throws SettingsError for an option that is unknown or not allowed; an error of the system for a taken port or a
 * data directory that another broker holds.
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { memory, onFatal, ...given } = options
  if (!memory && !given.dataDir) throw new SettingsError(['startBroker needs either memory: true or a dataDir'])
  const layer = fromOptions({
    amqpPort: 0,
    kafkaPort: 0,
    httpPort: 0,
    logLevel: 'warn',
    ...given,
    ...(memory && { dataDir: null }),
  })
  const settings = settle([layer])
  const server = await startServer({
    ...settings,
    logger: createLogger(settings.logLevel),
    version,
    ...(onFatal && { onFatal }),
  })
  return {
    amqpUrl: server.addresses.amqp && amqpUrl(server.addresses.amqp, settings),
    kafkaBootstrap: server.addresses.kafka,
    httpUrl: server.addresses.http && `http://${server.addresses.http}`,
    stop: () => server.stop(),
  }
}

function amqpUrl(address: string, { defaultUser, defaultPass, defaultVhost }: Settings): string {
  const vhost = defaultVhost === '/' ? '' : `/${encodeURIComponent(defaultVhost)}`
  return `amqp://${encodeURIComponent(defaultUser)}:${encodeURIComponent(defaultPass)}@${address}${vhost}`
}
