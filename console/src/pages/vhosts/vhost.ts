/** A virtual host as the management API gives it. */
import type { Details } from '../../api/samples.ts'
import type { Lengths, MessageStats } from '../../api/types.ts'

export interface VhostRow extends Lengths {
  readonly name: string
  readonly description: string
  readonly tags: readonly string[]
  readonly default_queue_type: string
  readonly tracing: boolean
  readonly protected_from_deletion: boolean
  readonly message_stats?: MessageStats
  readonly recv_oct?: number
  readonly recv_oct_details?: Details
  readonly send_oct?: number
  readonly send_oct_details?: Details
}
