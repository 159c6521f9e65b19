/** What is sampled of streams, each a partition of a topic. */
import type { StreamQueue } from '../../broker/stream/stream-queue.ts'
import type { HttpContext } from '../context.ts'
import { Series } from './series.ts'

type StreamQueueField = 'publish' | 'messages'

const seriesOf = new WeakMap<HttpContext, Series<StreamQueue, StreamQueueField>>()

/** Sampled from the first call on. */
export function streamQueueSeries(http: HttpContext): Series<StreamQueue, StreamQueueField> {
  let series = seriesOf.get(http)
  if (series === undefined) {
    series = new Series(['publish', 'messages'], ({ partition, ready }, into) => {
      into[0] = partition.recordsIn
      into[1] = ready
    })
    seriesOf.set(http, series)
    http.stats.follow(series, () => allStreams(http))
  }
  return series
}

function* allStreams({ broker }: HttpContext): Iterable<StreamQueue> {
  for (const vhost of broker.vhosts.values()) yield* vhost.eachStream()
}
