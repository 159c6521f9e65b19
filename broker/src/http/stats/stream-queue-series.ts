/** What is sampled of streams, each a partition of a topic. */
import type { StreamQueue } from '../../broker/stream/stream-queue.ts'
import type { HttpContext } from '../context.ts'
import { OUT_FIELDS } from './object-series.ts'
import { Series } from './series.ts'

const FIELDS = ['publish', ...OUT_FIELDS, 'messages'] as const

type StreamQueueField = (typeof FIELDS)[number]

/** Consumers of streams acknowledge what they get; nothing is got, or comes again. */
const AT = {
  deliver: FIELDS.indexOf('deliver'),
  deliverGet: FIELDS.indexOf('deliver_get'),
  ack: FIELDS.indexOf('ack'),
  messages: FIELDS.indexOf('messages'),
}

const seriesOf = new WeakMap<HttpContext, Series<StreamQueue, StreamQueueField>>()

/** Sampled from the first call on. */
export function streamQueueSeries(http: HttpContext): Series<StreamQueue, StreamQueueField> {
  let series = seriesOf.get(http)
  if (series === undefined) {
    series = new Series<StreamQueue, StreamQueueField>(
      FIELDS,
      ({ partition, ready, delivered, acknowledged }, into) => {
        into.fill(0)
        into[0] = partition.recordsIn
        into[AT.deliver] = into[AT.deliverGet] = delivered
        into[AT.ack] = acknowledged
        into[AT.messages] = ready
      },
    )
    seriesOf.set(http, series)
    http.stats.follow(series, () => allStreams(http))
  }
  return series
}

function* allStreams({ broker }: HttpContext): Iterable<StreamQueue> {
  for (const vhost of broker.vhosts.values()) yield* vhost.eachStream()
}
