/**
 * What is counted of messages where they come in and go out: by the channel, or for all who have none; and what became of
 * those that were published, by vhost. Each is counted once; sums are made when somebody asks.
 */

/** What a channel has counted since it was opened. */
export interface ChannelCounters {
  published: number
  confirmed: number
  returned: number
  dropped: number
  delivered: number
  deliveredNoAck: number
  got: number
  gotNoAck: number
  getEmpty: number
  acknowledged: number
  redelivered: number
}

export function noChannelCounts(): ChannelCounters {
  return {
    published: 0,
    confirmed: 0,
    returned: 0,
    dropped: 0,
    delivered: 0,
    deliveredNoAck: 0,
    got: 0,
    gotNoAck: 0,
    getEmpty: 0,
    acknowledged: 0,
    redelivered: 0,
  }
}

/** What became of messages that were published. */
export interface Fates {
  /** Given to queues and streams, counted by each of them. */
  routed: number
  confirmed: number
  returned: number
  dropped: number
}

export function noFates(): Fates {
  return { routed: 0, confirmed: 0, returned: 0, dropped: 0 }
}

/** Adds what `counts` has under the names that `sums` has. */
export function addTo<S extends Record<keyof S, number>>(sums: S, counts: Readonly<Record<keyof S, number>>): void {
  for (const key of Object.keys(sums) as (keyof S)[]) (sums[key] as number) += counts[key]
}
