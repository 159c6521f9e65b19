/** What a queue counts, from its declaration on; not kept over a restart. */
export interface QueueCounters {
  published: number
  delivered: number
  deliveredNoAck: number
  got: number
  gotNoAck: number
  getEmpty: number
  acknowledged: number
  redelivered: number
  expired: number
  /** Dropped or dead-lettered because the queue was full. */
  overflowed: number
  /** Refused because the queue was full. */
  rejected: number
  /** Dead-lettered or dropped after too many returns. */
  deliveryLimited: number
  /** Dropped because one with the same key was there. */
  duplicates: number
  /** Of a queue over a topic: removed from the topic before they were settled. */
  lost: number
}

export function noCounts(): QueueCounters {
  return {
    published: 0,
    delivered: 0,
    deliveredNoAck: 0,
    got: 0,
    gotNoAck: 0,
    getEmpty: 0,
    acknowledged: 0,
    redelivered: 0,
    expired: 0,
    overflowed: 0,
    rejected: 0,
    deliveryLimited: 0,
    duplicates: 0,
    lost: 0,
  }
}

export function addCounts(to: QueueCounters, from: QueueCounters): void {
  to.published += from.published
  to.delivered += from.delivered
  to.deliveredNoAck += from.deliveredNoAck
  to.got += from.got
  to.gotNoAck += from.gotNoAck
  to.getEmpty += from.getEmpty
  to.acknowledged += from.acknowledged
  to.redelivered += from.redelivered
  to.expired += from.expired
  to.overflowed += from.overflowed
  to.rejected += from.rejected
  to.deliveryLimited += from.deliveryLimited
  to.duplicates += from.duplicates
  to.lost += from.lost
}
