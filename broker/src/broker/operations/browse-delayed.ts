/** Looking at the messages that an exchange keeps back until their time, the soonest buckets first. */
import type { Broker } from '../broker.ts'
import { type DueBucket, logOf, numberOf, offsetOf, placeIn } from '../delay/due-bucket.ts'
import type { Exchange } from '../routing/exchange.ts'
import type { Vhost } from '../vhost.ts'
import { type BrowseOptions, type BrowsePage, collect } from './browse.ts'
import { type Stretch, walk } from './walk.ts'

/**
 * Within a page, times rise from bucket to bucket, not within one. A message that is moved nearer while pages are read
 * gets another place, and may be seen again.
 * @throws Refusal as `browse`
 */
export async function browseDelayed(
  broker: Broker,
  vhost: Vhost,
  exchange: Exchange,
  options: Omit<BrowseOptions, 'sinceMs'> = {},
): Promise<BrowsePage> {
  const lane = vhost.delays.lanes.get(exchange.name)
  const buckets = lane === undefined ? [] : [...lane.buckets.values()].sort((a, b) => a.start - b.start)
  return collect(
    options,
    broker.properties,
    (visit) => {
      const place = options.place
      return walk(buckets.map(stretchOf), { place }, (view, at) => !lane!.holds(at) || visit(view, at))
    },
    (view) => ({ expiresMs: null, dueMs: view.expiry, state: 'delayed', redelivered: false, deliveryCount: 0 }),
  )
}

function stretchOf({ log }: DueBucket): Stretch {
  return {
    log,
    end: log.endOffset,
    placeOf: (offset) => placeIn(log, offset),
    offsetOf: (place) => (logOf(place) === numberOf(log) ? offsetOf(place) : -1),
  }
}
