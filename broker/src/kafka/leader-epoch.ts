/** Whether a client knows the leader it speaks to (KIP-320): an older epoch is fenced, a newer one cannot be. */
import type { StreamError } from '../broker/stream-refusal.ts'

export function epochError(leaderEpoch: number, clientsEpoch: number): StreamError | null {
  if (clientsEpoch < 0 || clientsEpoch === leaderEpoch) return null
  return clientsEpoch < leaderEpoch ? 'fenced-leader-epoch' : 'unknown-leader-epoch'
}
