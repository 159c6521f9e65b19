/** What is checked before a queue, an exchange or a consumer is made. Arguments that RabbitMQ does not know are accepted, as it does. */
import { checkArgumentValues, checkConsumerValues, type QueueType, queueTypeOf } from './queue/queue-arguments.ts'
import { Refusal } from './refusal.ts'
import { exchangeTypes } from './routing/create.ts'
import type { Headers } from './routing/headers.ts'

/**
 * @returns the type of queue that the arguments ask for.
 * @throws Refusal precondition-failed for a value that makes no sense.
 */
export function checkQueueArguments(queue: string, vhost: string, args: Headers): QueueType {
  const type = queueTypeOf(queue, vhost, args)
  checkArgumentValues(queue, vhost, type, args)
  return type
}

/** @throws Refusal precondition-failed for a value that makes no sense. */
export function checkConsumeArguments(
  queue: { readonly name: string; readonly vhost: string; readonly arguments: Headers },
  args: Headers,
): void {
  const { name, vhost } = queue
  checkConsumerValues(name, vhost, queueTypeOf(name, vhost, queue.arguments), args)
}

/** @throws Refusal precondition-failed for a type that does not exist. */
export function checkExchangeType(type: string): void {
  if ((exchangeTypes as readonly string[]).includes(type)) return
  throw new Refusal('precondition-failed', `unknown exchange type '${type}'`)
}
