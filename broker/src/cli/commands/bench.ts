/** `signalbox bench`: puts a load on a broker and tells how much it carried, and how long messages took. */
import { type Command, Option } from 'commander'
import type { AmqpPlan } from '../bench/amqp-carrier.ts'
import type { KafkaPlace, KafkaPlan } from '../bench/kafka-carrier.ts'
import type { Carrier, LoadPlan, LoadPort } from '../bench/load.ts'
import type { Sample } from '../bench/measurement.ts'
import { STAMP_BYTES } from '../bench/publisher.ts'
import { durationMs, sizeBytes, wholeNumber } from '../quantities.ts'
import { onBroker, type Session } from '../session.ts'

interface Options {
  readonly protocol: 'amqp' | 'kafka'
  readonly publishers: number
  readonly consumers: number
  readonly size: number
  readonly rate?: number
  readonly ramp: number
  readonly warmUp: number
  readonly duration: number
  readonly confirms: number
  readonly amqpUrl?: string
  readonly queues: number
  readonly queueType?: string
  readonly persistent: boolean
  readonly prefetch: number
  /** False with `--no-ack`. */
  readonly ack: boolean
  readonly ackEvery: number
  readonly bootstrapServer?: string
  readonly sasl?: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  readonly partitions: number
  readonly acks: '0' | '1' | 'all'
  readonly compression: KafkaPlan['compression']
  readonly batch: number
}

const AMQP_PORT = 5672
const KAFKA_PORT = 9092
const ANY_ADDRESS = /^(0\.0\.0\.0|::)$/
const PREFETCH_MAX = 65_535
const OF_AMQP = ['amqpUrl', 'queues', 'queueType', 'persistent', 'prefetch', 'ack', 'ackEvery']
const OF_KAFKA = ['bootstrapServer', 'sasl', 'partitions', 'acks', 'compression', 'batch']

const duration = (flags: string, text: string, shown: string): Option =>
  new Option(flags, text).default(durationMs(shown), shown).argParser(durationMs)

export function define(command: Command): void {
  command
    .description(
      'Publishes to a place of its own in the broker (queues, or a topic) and consumes from it, and tells rates and ' +
        'latencies: each second on a terminal, and at the end. An interruption ends it as its time does.',
    )
    .addOption(new Option('--protocol <name>', 'what is spoken').choices(['amqp', 'kafka']).default('amqp'))
    .option('--publishers <number>', 'each with a connection of its own', wholeNumber, 1)
    .option('--consumers <number>', 'each with a connection of its own', wholeNumber, 1)
    .option('--size <size>', 'of a body', sizeBytes, 100)
    .option(
      '--rate <number>',
      'messages a second, of all publishers together (default: as fast as can be)',
      wholeNumber,
    )
    .addOption(duration('--ramp <duration>', 'the rate rises so long from 0', '0s'))
    .addOption(duration('--warm-up <duration>', 'what comes first and is not measured', '2s'))
    .addOption(duration('--duration <duration>', 'how long to measure', '10s'))
    .option(
      '--confirms <number>',
      'unconfirmed messages of a publisher at most; 0 publishes without confirms by AMQP',
      wholeNumber,
      500,
    )
  amqpOptions(command)
  kafkaOptions(command)
  onBroker(command, async (session, options: Options) => {
    check(command, options)
    if (options.protocol === 'amqp') return benchAmqp(session, options)
    if (session.vhost !== '/' && options.sasl === undefined) {
      command.error('error: by Kafka, --vhost goes with --sasl: the login tells the virtual host')
    }
    return benchKafka(session, options)
  })
}

function amqpOptions(command: Command): void {
  command
    .option('--amqp-url <url>', "AMQP: amqp://user:password@host:port/vhost (default: the broker's own listener)")
    .option('--queues <number>', 'AMQP: publishers and consumers are spread over them', wholeNumber, 1)
    .option('--queue-type <type>', 'AMQP: classic or quorum')
    .option('--no-persistent', 'AMQP: messages that need not survive a restart')
    .option('--prefetch <number>', 'AMQP: unacknowledged messages of a consumer at most', wholeNumber, 500)
    .option('--ack-every <number>', 'AMQP: acknowledges so many at once', wholeNumber, 1)
    .option('--no-ack', 'AMQP: messages are done with when they are sent')
}

function kafkaOptions(command: Command): void {
  const choice = (flags: string, text: string, choices: readonly string[]): Option =>
    new Option(flags, `Kafka: ${text}`).choices(choices)
  command
    .option('--bootstrap-server <host:port>', "Kafka: where to connect (default: the broker's own listener)")
    .addOption(
      choice('--sasl <mechanism>', 'logs in with --user and --password', ['plain', 'scram-sha-256', 'scram-sha-512']),
    )
    .option('--partitions <number>', 'Kafka: of the topic', wholeNumber, 1)
    .addOption(
      choice('--acks <which>', 'who must have a record before it is confirmed', ['0', '1', 'all']).default('all'),
    )
    .addOption(choice('--compression <codec>', 'of batches', ['none', 'gzip', 'snappy', 'lz4', 'zstd']).default('none'))
    .option('--batch <number>', 'Kafka: records of one request at most', wholeNumber, 100)
}

function check(command: Command, options: Options): void {
  const { protocol, amqpUrl, publishers, consumers, queues, partitions, size, prefetch, ackEvery, batch } = options
  const { rate, duration, confirms, bootstrapServer } = options
  const needs = (isMet: boolean, text: string): void => void (isMet || command.error(`error: ${text}`))
  for (const name of protocol === 'amqp' ? OF_KAFKA : OF_AMQP) {
    const { long } = command.options.find((option) => option.attributeName() === name)!
    const isGiven = command.getOptionValueSource(name) === 'cli'
    needs(!isGiven, `${long} is for --protocol ${protocol === 'amqp' ? 'kafka' : 'amqp'}`)
  }
  const isAmqp = amqpUrl === undefined || /^amqps?:$/.test(URL.parse(amqpUrl)?.protocol ?? '')
  needs(isAmqp, '--amqp-url is amqp://user:password@host:port/vhost')
  const isServer = bootstrapServer === undefined || /^[^\s,]+:\d+(,[^\s,]+:\d+)*$/.test(bootstrapServer)
  needs(isServer, '--bootstrap-server is host:port, or several with commas')
  needs(
    publishers + consumers > 0 && queues > 0 && partitions > 0,
    'there is nothing to do without --publishers, --consumers, --queues or --partitions',
  )
  needs(size >= STAMP_BYTES, `--size is at least ${STAMP_BYTES}: a body holds the time of its publishing`)
  needs(prefetch <= PREFETCH_MAX, `--prefetch is at most ${PREFETCH_MAX}`)
  needs(ackEvery > 0 && (prefetch === 0 || ackEvery <= prefetch), '--ack-every is at least 1, and at most --prefetch')
  needs(rate !== 0 && duration > 0, '--rate and --duration are above 0')
  needs(batch > 0, '--batch is above 0')
  needs(protocol === 'amqp' || confirms > 0, 'by Kafka, --confirms is above 0: --acks 0 goes without')
}

async function benchAmqp(session: Session, options: Options): Promise<void> {
  const { queues, queueType, persistent, prefetch, ack, ackEvery, confirms } = options
  const plan: AmqpPlan = {
    ...shared(options),
    protocol: 'amqp',
    isConfirmed: confirms > 0,
    window: confirms > 0 ? confirms : Number.POSITIVE_INFINITY,
    ...{ queues, queueType, persistent, prefetch, ack, ackEvery },
  }
  const url = options.amqpUrl ?? (await amqpUrlOf(session))
  const { AmqpCarrier } = await import('../bench/amqp-carrier.ts')
  return bench(session, plan, (port) => new AmqpCarrier(url, plan, port))
}

async function benchKafka(session: Session, options: Options): Promise<void> {
  const { partitions, compression, batch, confirms } = options
  const acks = options.acks === 'all' ? -1 : Number(options.acks)
  const plan: KafkaPlan = {
    ...shared(options),
    protocol: 'kafka',
    isConfirmed: acks !== 0,
    window: confirms,
    ...{ partitions, acks, compression, batch },
  }
  const place = await kafkaPlaceOf(session, options)
  const { KafkaCarrier } = await import('../bench/kafka-carrier.ts')
  return bench(session, plan, (port) => new KafkaCarrier(place, plan, port))
}

function shared(options: Options) {
  const { publishers, consumers, size, rate = Number.POSITIVE_INFINITY, ramp, warmUp, duration } = options
  return { publishers, consumers, sizeBytes: size, rate, rampMs: ramp, warmUpMs: warmUp, durationMs: duration }
}

async function amqpUrlOf(session: Session): Promise<string> {
  const { api, vhost } = session
  const login = `${encodeURIComponent(api.user)}:${encodeURIComponent(api.password)}`
  return `amqp://${login}@${await listenerOf(session, 'amqp', AMQP_PORT)}/${encodeURIComponent(vhost)}`
}

async function kafkaPlaceOf(session: Session, { bootstrapServer, sasl }: Options): Promise<KafkaPlace> {
  const { api, vhost } = session
  const servers = bootstrapServer?.split(',') ?? [await listenerOf(session, 'kafka', KAFKA_PORT)]
  const username = vhost === '/' ? api.user : `${vhost}:${api.user}`
  return { servers, sasl: sasl && { mechanism: sasl, username, password: api.password } }
}

/** Listeners are shown to monitors alone; whoever is none is taken to the usual port. */
async function listenerOf({ api }: Session, protocol: string, usualPort: number): Promise<string> {
  const { listeners } = await api.get<{ listeners: { protocol: string; ip_address: string; port: number }[] }>(
    '/api/overview',
  )
  const own = listeners.find((listener) => listener.protocol === protocol)
  const ip = own?.ip_address ?? ''
  const host = own === undefined || ANY_ADDRESS.test(ip) ? new URL(api.url).hostname : ip.includes(':') ? `[${ip}]` : ip
  return `${host}:${own?.port ?? usualPort}`
}

async function bench({ out, signal }: Session, plan: LoadPlan, carried: (port: LoadPort) => Carrier): Promise<void> {
  const [{ Load }, { LiveLine, report }] = await Promise.all([import('../bench/load.ts'), import('../bench/report.ts')])
  const line = new LiveLine()
  const samples: Sample[] = []
  const events = {
    sampled(sample: Sample, isWarmUp: boolean) {
      if (!isWarmUp) samples.push(sample)
      line.show(sample, isWarmUp)
    },
    noticed(text: string) {
      line.clear()
      out.note(text)
    },
  }
  const whole = await new Load(plan, events, carried).run(signal).finally(() => line.clear())
  report(out, plan, whole, samples)
}
