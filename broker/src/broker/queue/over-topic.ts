/** Queues over topics take no messages of their own: what they give out is what their topic gets. */
import { Refusal } from '../refusal.ts'
import type { Queue } from './queue.ts'

/** @throws Refusal precondition-failed for a queue over a topic */
export function checkTakesMessages({ name, vhost, settings }: Queue): void {
  if (settings.sourceTopic === null) return
  throw new Refusal(
    'precondition-failed',
    `queue '${name}' in vhost '${vhost}' takes no messages of its own: it stands over topic '${settings.sourceTopic}'`,
  )
}
