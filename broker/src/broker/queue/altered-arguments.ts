/**
 * Arguments of a queue, changed in place: what is safe with messages and consumers there, which RabbitMQ asks its users
 * to delete and declare again for. Refused is what decides how messages are kept: the type, and whether there are
 * priorities, or an order within keys. Numbers of priorities may go up, and down to those that were never used.
 */
import { Refusal } from '../refusal.ts'
import type { Headers, HeaderValue } from '../routing/headers.ts'
import { checkArgumentValues, type QueueType } from './queue-arguments.ts'
import { ORDERED_BY_KEY, SOURCE_OFFSET, SOURCE_TOPIC } from './settings.ts'

/** A queue as far as its arguments are concerned. */
export interface AlterableQueue {
  readonly vhost: string
  readonly name: string
  readonly arguments: Headers
  readonly settings: { readonly type: QueueType; readonly maxPriority: number }
  /** One for each priority in use. */
  readonly lanes: readonly { readonly level: number }[]
}

/**
 * @param changes null takes an argument away.
 * @returns all arguments that the queue has then.
 * @throws Refusal precondition-failed for a change that is not safe, or a value that makes no sense.
 */
export function alteredArguments(queue: AlterableQueue, changes: Headers): Headers {
  const args: Record<string, HeaderValue> = { ...queue.arguments }
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete args[name]
    else args[name] = value
  }
  checkArgumentValues(queue.name, queue.vhost, queue.settings.type, args)
  for (const [name, value] of Object.entries(changes)) {
    if (args[name] === queue.arguments[name]) continue
    const reason = reasonAgainst(queue, name, value)
    if (reason === null) continue
    throw new Refusal(
      'precondition-failed',
      `cannot change arg '${name}' of queue '${queue.name}' in vhost '${queue.vhost}': ${reason}`,
    )
  }
  return args
}

function reasonAgainst(queue: AlterableQueue, name: string, value: HeaderValue): string | null {
  if (name === 'x-queue-type') return 'the type of a queue stays'
  if (name === SOURCE_TOPIC) return 'a queue stays where its messages are'
  if (name === SOURCE_OFFSET) return 'the queue has begun'
  if (name === ORDERED_BY_KEY) return 'messages may be out already'
  return name === 'x-max-priority' ? priorityReason(queue, Number(value ?? 0)) : null
}

function priorityReason({ settings, lanes }: AlterableQueue, max: number): string | null {
  if (max === settings.maxPriority) return null
  if (settings.maxPriority === 0) return 'the queue was declared without priorities'
  if (max === 0) return 'the queue was declared with priorities'
  const highest = Math.max(...lanes.map((lane) => lane.level))
  return max < highest ? `messages of priority ${highest} came already` : null
}
