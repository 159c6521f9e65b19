/**
 * Who of those that can take a message gets it (`x-dispatch`), where it is not simply their turn: one by chance, or the
 * one that would take most. Trade: all of the highest priority are looked at for each message.
 */
import type { Random } from '../../base/random.ts'
import type { QueueSettings } from './settings.ts'
import type { Subscription } from './subscription.ts'

/** Picks from the ring that `first` stands in, whose turn it would be. */
export type Dispatch = (first: Subscription) => Subscription

/** @returns null: in turn */
export function dispatchOf({ dispatch }: QueueSettings, random: Random): Dispatch | null {
  switch (dispatch) {
    case 'round-robin':
      return null
    case 'random':
      return (first) => byChance(first, random)
    case 'least-loaded':
      return leastLoaded
  }
}

function byChance(first: Subscription, random: Random): Subscription {
  let size = 1
  for (let at = first.ringNext!; at !== first; at = at.ringNext!) size++
  let picked = first
  if (size > 1) for (let steps = random.below(size); steps > 0; steps--) picked = picked.ringNext!
  return picked
}

/** Of several, the one whose turn comes first. */
function leastLoaded(first: Subscription): Subscription {
  let best = first
  let { room } = first
  for (let at = first.ringNext!; at !== first; at = at.ringNext!) {
    const its = at.room
    if (its < room || (its === room && at.unacked >= best.unacked)) continue
    best = at
    room = its
  }
  return best
}
