/** `signalbox bench`: puts a load on a broker by AMQP and tells how much it carried, and how long messages took. */
import { type Command, Option } from 'commander'
import type { LoadPlan } from '../bench/load.ts'
import type { Sample } from '../bench/measurement.ts'
import { STAMP_BYTES } from '../bench/publisher.ts'
import { durationMs, sizeBytes, wholeNumber } from '../quantities.ts'
import { onBroker, type Session } from '../session.ts'

interface Options {
  readonly amqpUrl?: string
  readonly publishers: number
  readonly consumers: number
  readonly queues: number
  readonly queueType?: string
  readonly size: number
  readonly rate?: number
  readonly ramp: number
  readonly warmUp: number
  readonly duration: number
  readonly persistent: boolean
  readonly confirms: number
  readonly prefetch: number
  /** False with `--no-ack`. */
  readonly ack: boolean
  readonly ackEvery: number
}

const AMQP_PORT = 5672
const ANY_ADDRESS = /^(0\.0\.0\.0|::)$/
const PREFETCH_MAX = 65_535

const duration = (flags: string, text: string, shown: string): Option =>
  new Option(flags, text).default(durationMs(shown), shown).argParser(durationMs)

export function define(command: Command): void {
  command
    .description(
      'Publishes to queues of its own and consumes from them by AMQP, and tells rates and latencies: each second on a ' +
        'terminal, and at the end. An interruption ends it as its time does.',
    )
    .option('--amqp-url <url>', "amqp://user:password@host:port/vhost (default: the broker's own listener)")
    .option('--publishers <number>', 'each with a connection of its own', wholeNumber, 1)
    .option('--consumers <number>', 'each with a connection of its own', wholeNumber, 1)
    .option('--queues <number>', 'publishers and consumers are spread over them', wholeNumber, 1)
    .option('--queue-type <type>', 'classic or quorum')
    .option('--size <size>', 'of a body', sizeBytes, 100)
    .option(
      '--rate <number>',
      'messages a second, of all publishers together (default: as fast as can be)',
      wholeNumber,
    )
    .addOption(duration('--ramp <duration>', 'the rate rises so long from 0', '0s'))
    .addOption(duration('--warm-up <duration>', 'what comes first and is not measured', '2s'))
    .addOption(duration('--duration <duration>', 'how long to measure', '10s'))
    .option('--no-persistent', 'messages that need not survive a restart')
    .option(
      '--confirms <number>',
      'unconfirmed messages of a publisher at most; 0 publishes without confirms',
      wholeNumber,
      500,
    )
    .option('--prefetch <number>', 'unacknowledged messages of a consumer at most', wholeNumber, 500)
    .option('--ack-every <number>', 'acknowledges so many at once', wholeNumber, 1)
    .option('--no-ack', 'messages are done with when they are sent')
  onBroker(command, async (session, options: Options) => {
    check(command, options)
    await bench(session, await planOf(session, options))
  })
}

function check(
  command: Command,
  { amqpUrl, publishers, consumers, queues, size, prefetch, ackEvery, rate, duration }: Options,
): void {
  const needs = (isMet: boolean, text: string): void => void (isMet || command.error(`error: ${text}`))
  const isAmqp = amqpUrl === undefined || /^amqps?:$/.test(URL.parse(amqpUrl)?.protocol ?? '')
  needs(isAmqp, '--amqp-url is amqp://user:password@host:port/vhost')
  needs(
    publishers + consumers > 0 && queues > 0,
    'there is nothing to do without --publishers, --consumers or --queues',
  )
  needs(size >= STAMP_BYTES, `--size is at least ${STAMP_BYTES}: a body holds the time of its publishing`)
  needs(prefetch <= PREFETCH_MAX, `--prefetch is at most ${PREFETCH_MAX}`)
  needs(ackEvery > 0 && (prefetch === 0 || ackEvery <= prefetch), '--ack-every is at least 1, and at most --prefetch')
  needs(rate !== 0 && duration > 0, '--rate and --duration are above 0')
}

async function planOf(session: Session, options: Options): Promise<LoadPlan> {
  const { amqpUrl, size, rate = Number.POSITIVE_INFINITY, ramp, warmUp, duration, queueType, ...rest } = options
  return {
    ...rest,
    url: amqpUrl ?? (await amqpUrlOf(session)),
    queueType,
    sizeBytes: size,
    rate,
    rampMs: ramp,
    warmUpMs: warmUp,
    durationMs: duration,
  }
}

/** Listeners are shown to monitors alone; whoever is none is taken to the usual port. */
async function amqpUrlOf({ api, vhost }: Session): Promise<string> {
  const { listeners } = await api.get<{ listeners: { protocol: string; ip_address: string; port: number }[] }>(
    '/api/overview',
  )
  const own = listeners.find(({ protocol }) => protocol === 'amqp')
  const { hostname } = new URL(api.url)
  const ip = own?.ip_address ?? ''
  const host = own === undefined || ANY_ADDRESS.test(ip) ? hostname : ip.includes(':') ? `[${ip}]` : ip
  const login = `${encodeURIComponent(api.user)}:${encodeURIComponent(api.password)}`
  return `amqp://${login}@${host}:${own?.port ?? AMQP_PORT}/${encodeURIComponent(vhost)}`
}

async function bench({ out, signal }: Session, plan: LoadPlan): Promise<void> {
  const [{ Load }, { LiveLine, report }] = await Promise.all([import('../bench/load.ts'), import('../bench/report.ts')])
  const line = new LiveLine()
  const samples: Sample[] = []
  const load = new Load(plan, {
    sampled(sample, isWarmUp) {
      if (!isWarmUp) samples.push(sample)
      line.show(sample, isWarmUp)
    },
    noticed(text) {
      line.clear()
      out.note(text)
    },
  })
  const whole = await load.run(signal).finally(() => line.clear())
  report(out, plan, whole, samples)
}
