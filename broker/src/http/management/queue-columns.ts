/** What lists of queues can be sorted by: what costs little to read of very many. */
import type { Queue } from '../../broker/queue/queue.ts'
import type { HttpContext } from '../context.ts'
import type { SortKey } from '../lists/list-source.ts'
import { type AnyQueue, LENGTHS, sum } from './queue-rows.ts'

export function queueColumns({ stats }: HttpContext): Record<string, (queue: AnyQueue) => SortKey> {
  const counted = (of: (queue: Queue) => number) => (queue: AnyQueue) => (queue.kind === 'topic' ? 0 : of(queue))
  const columns: Record<string, (queue: AnyQueue) => SortKey> = {
    name: ({ name }) => name,
    vhost: ({ vhost }) => vhost,
    type: (queue) => (queue.kind === 'topic' ? 'stream' : queue.settings.type),
    durable: ({ durable }) => durable,
    auto_delete: ({ autoDelete }) => autoDelete,
    exclusive: ({ exclusiveTo }) => exclusiveTo !== null,
    state: () => 'running',
    consumers: ({ subscriptions }) => subscriptions.size,
    messages: (queue) => queue.ready + (queue.kind === 'topic' ? 0 : queue.unacknowledged),
    messages_ready: ({ ready }) => ready,
    messages_unacknowledged: counted(({ unacknowledged }) => unacknowledged),
    message_bytes: (queue) =>
      queue.kind === 'topic' ? queue.partition.log.bytes : sum(queue, ({ unsettledBytes }) => unsettledBytes),
    memory: counted((queue) => sum(queue, ({ unsettledBytes }) => unsettledBytes)),
    idle_since: (queue) => (queue.kind === 'topic' ? null : stats.queues.idleSince(queue)),
    paused: (queue) => queue.kind === 'queue' && queue.paused,
    held: counted(({ held }) => held),
    'messages_details.rate': counted((queue) => stats.queues.rate(queue, 'messages')),
  }
  for (const field of stats.queues.fields) {
    if (LENGTHS.includes(field)) continue
    columns[`message_stats.${field}`] = counted((queue) => stats.queues.value(queue, field))
    columns[`message_stats.${field}_details.rate`] = counted((queue) => stats.queues.rate(queue, field))
  }
  return columns
}
