/** Where messages may be sent in a user's name: asked once for each way, since there may be very many messages. */
import { Refusal } from '../refusal.ts'
import { checkPublish, type PublishingClient } from './publish.ts'

/** Whether a message may go to the exchange with this key; '' leads to the queue of that name. */
export type Permit = (exchange: string, key: string) => boolean

export const anywhere: Permit = () => true

/** Ways that are remembered: keys come from messages. */
const KNOWN_MAX = 10_000

/** Of somebody who would publish them: where that is refused, or nothing is there, messages may not go. */
export function permitOf(client: PublishingClient): Permit {
  const known = new Map<string, boolean>()
  return (exchange, key) => {
    const way = `${exchange}\0${key}`
    let may = known.get(way)
    if (may === undefined) {
      may = mayPublish(client, exchange, key)
      if (known.size < KNOWN_MAX) known.set(way, may)
    }
    return may
  }
}

function mayPublish(client: PublishingClient, exchange: string, key: string): boolean {
  try {
    checkPublish(client, exchange, key)
    return true
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}
