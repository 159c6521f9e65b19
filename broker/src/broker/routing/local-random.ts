// Local random exchange: one of the queues on this node, by chance. A broker of one node has no others, so it is the
// random exchange with the rules for bindings that RabbitMQ 4 gave it: queues only, and no binding key.

import { Refusal } from '../refusal.ts'
import type { Binding } from './binding.ts'
import { RandomExchange } from './random.ts'

export class LocalRandomExchange extends RandomExchange {
  override readonly type = 'x-local-random'

  /** @throws Refusal precondition-failed for a key, or a destination that is no queue. */
  protected override insert(binding: Binding): void {
    if (binding.key !== '') throw new Refusal('precondition-failed', 'Non-empty binding (routing) key not permitted')
    if (binding.destination.kind !== 'queue') throw new Refusal('precondition-failed', 'Destination not found')
    super.insert(binding)
  }
}
