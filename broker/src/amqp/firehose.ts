/** What a channel publishes and is delivered, for the firehose. */
import { traceDelivery as copyDelivery, tracePublish as copyPublish, type TracedClient } from '../broker/firehose.ts'
import type { Queue } from '../broker/queue/queue.ts'
import type { Route } from '../broker/queue/route.ts'
import type { MessageDraft, MessageView } from '../record/message.ts'
import type { Channel } from './channel.ts'
import type { PublishTarget } from './publish-target.ts'

/** The message was routed, maybe nowhere. `keys`: all that it has, null if only that of the target. */
export function tracePublish(
  channel: Channel,
  { exchangeName, key }: PublishTarget,
  draft: MessageDraft,
  keys: readonly string[] | null,
  route: Route,
): void {
  copyPublish(clientOf(channel), exchangeName, keys ?? [key], draft, route)
}

/** The message goes to a consumer, or answers a basic.get. */
export function traceDelivery(
  channel: Channel,
  queue: Pick<Queue, 'name'>,
  view: MessageView,
  redelivered: boolean,
): void {
  copyDelivery(clientOf(channel), queue, view, redelivered)
}

function clientOf({ session, number, connection }: Channel): TracedClient {
  const { broker, vhost } = session
  return { broker, vhost: vhost!, connection: connection.name, channel: number, user: connection.user }
}
