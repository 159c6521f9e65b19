/** Which policies apply to a queue or an exchange, and what they come to. */
import type { Queue } from '../../broker/queue/queue.ts'
import type { Exchange } from '../../broker/routing/exchange.ts'
import type { StreamQueue } from '../../broker/stream/stream-queue.ts'
import type { Vhost } from '../../broker/vhost.ts'

export function appliedPolicies(vhost: Vhost, thing: Queue | StreamQueue | Exchange): object {
  const { policy, operatorPolicy, definition } = vhost.policies.of(thing)
  return {
    policy: policy?.name ?? null,
    operator_policy: operatorPolicy?.name ?? null,
    effective_policy_definition: definition ?? {},
  }
}
