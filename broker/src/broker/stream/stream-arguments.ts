/**
 * The settings of a stream seen from two sides: as arguments of queue.declare and as configs of the topic behind it.
 * The topic keeps them; what AMQP shows follows from that, so that a change made by Kafka's tools is seen here too.
 *
 *   x-max-age                        retention.ms
 *   x-max-length-bytes               retention.bytes
 *   x-stream-max-segment-size-bytes  segment.bytes
 */
import { refuseInequivalent } from '../argument-value.ts'
import { checkArgumentValues } from '../queue/queue-arguments.ts'
import { Refusal } from '../refusal.ts'
import { type Headers, type HeaderValue, sameValue } from '../routing/headers.ts'
import { intervalMs, intervalText } from './interval.ts'

const TYPE = 'x-queue-type'
const MAX_AGE = 'x-max-age'
const MAX_LENGTH_BYTES = 'x-max-length-bytes'
const SEGMENT_BYTES = 'x-stream-max-segment-size-bytes'
const FILTER_BYTES = 'x-stream-filter-size-bytes'

/** RabbitMQ's bound. */
const SEGMENT_BYTES_MAX = 3_000_000_000
/** A topic takes no larger ones, and no smaller ones without the setting for tests of small logs. */
const CONFIG_SEGMENT_BYTES_MAX = 2_147_483_647
const CONFIG_SEGMENT_BYTES_MIN = 1_048_576
const SMALL_SEGMENTS_MIN = 14
const FILTER_BYTES_MIN = 16
const FILTER_BYTES_MAX = 255

/** @throws Refusal precondition-failed for an argument that streams have not, or a value that makes no sense */
export function checkStreamArguments(name: string, vhost: string, args: Headers): void {
  checkArgumentValues(name, vhost, 'stream', args)
  if (Number(args[SEGMENT_BYTES] ?? 0) > SEGMENT_BYTES_MAX) {
    throw new Refusal('precondition-failed', `Exceeded max value for ${SEGMENT_BYTES}`)
  }
  const filterBytes = Number(args[FILTER_BYTES] ?? FILTER_BYTES_MIN)
  if (filterBytes < FILTER_BYTES_MIN || filterBytes > FILTER_BYTES_MAX) {
    throw new Refusal('precondition-failed', `Invalid value for ${FILTER_BYTES}`)
  }
}

export type Config = { readonly name: string; readonly value: string }

/** Of every topic that AMQP clients make: it takes messages as large as they send by default, with their properties. */
export const amqpConfigs: readonly Config[] = [{ name: 'max.message.bytes', value: String(17 << 20) }]

/** Configs of the topic for a stream declared with these arguments, checked: without a bound it keeps its records for ever. */
export function streamConfigs(args: Headers): Config[] {
  const { [MAX_AGE]: maxAge, [MAX_LENGTH_BYTES]: maxBytes, [SEGMENT_BYTES]: segmentBytes } = args
  const configs = [
    ...amqpConfigs,
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'retention.ms', value: typeof maxAge === 'string' ? String(intervalMs(maxAge) ?? -1) : '-1' },
    { name: 'retention.bytes', value: String(maxBytes ?? -1) },
  ]
  if (segmentBytes !== undefined) configs.push(segmentConfig(Number(segmentBytes)))
  return configs
}

function segmentConfig(bytes: number): Config {
  if (bytes >= CONFIG_SEGMENT_BYTES_MIN) {
    return { name: 'segment.bytes', value: String(Math.min(bytes, CONFIG_SEGMENT_BYTES_MAX)) }
  }
  return { name: 'internal.segment.bytes', value: String(Math.max(bytes, SMALL_SEGMENTS_MIN)) }
}

/** What the topic says itself, as arguments. */
export function streamArguments(overrides: ReadonlyMap<string, string>): Headers {
  const args: Record<string, HeaderValue> = { [TYPE]: 'stream' }
  const maxAgeMs = Number(overrides.get('retention.ms') ?? -1)
  if (maxAgeMs >= 0) args[MAX_AGE] = intervalText(maxAgeMs)
  const maxBytes = Number(overrides.get('retention.bytes') ?? -1)
  if (maxBytes >= 0) args[MAX_LENGTH_BYTES] = maxBytes
  const segmentBytes = overrides.get('internal.segment.bytes') ?? overrides.get('segment.bytes')
  if (segmentBytes !== undefined) args[SEGMENT_BYTES] = Number(segmentBytes)
  return args
}

/**
 * Compares the type and those arguments that are given: what is left out may be anything, since Kafka's tools change it.
 * @throws Refusal precondition-failed naming the first that differs
 */
export function checkSameStreamArguments(name: string, vhost: string, current: Headers, received: Headers): void {
  checkSameSettings(`queue '${name}' in vhost '${vhost}'`, current, { [TYPE]: 'classic', ...received })
}

/** As `checkSameStreamArguments`, for whatever `object` is. @throws Refusal precondition-failed */
export function checkSameSettings(object: string, current: Headers, received: Headers): void {
  for (const argument of [TYPE, MAX_AGE, MAX_LENGTH_BYTES, SEGMENT_BYTES]) {
    const [asked, there] = [received[argument], current[argument]]
    if (asked === undefined || (there !== undefined && sameSetting(argument, asked, there))) continue
    refuseInequivalent(argument, object, asked, there)
  }
}

function sameSetting(argument: string, asked: HeaderValue, there: HeaderValue): boolean {
  if (argument === MAX_AGE && typeof asked === 'string') return intervalMs(asked) === intervalMs(there as string)
  if (argument === SEGMENT_BYTES && typeof asked === 'number') return segmentConfig(asked).value === String(there)
  return sameValue(asked, there)
}
