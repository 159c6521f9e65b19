/** What is to be said of queues. */
import type { Queue } from '../../broker/queue/queue.ts'
import type { Vhost } from '../../broker/vhost.ts'
import type { HttpContext } from '../context.ts'
import { count, type Finding } from './finding.ts'
import { growthOf } from './growth.ts'

/** Messages that a backlog must have grown by to be worth a word. */
const BACKLOG_GROWTH_MIN = 100
const CRITICAL_BACKLOG = 1_000_000
/** How much of its limit fills a queue. */
const FULL_SHARE = 0.95

/** @param forDeadLetters the queues that dead letters go to */
export function* queueFindings(
  { stats, broker }: HttpContext,
  queue: Queue,
  forDeadLetters: ReadonlySet<string>,
): Iterable<Finding> {
  const { ready, settings, counters } = queue
  const of = { vhost: queue.vhost, object: { kind: 'queue', name: queue.name } }
  if (counters.lost > 0) {
    const text = `${count(counters.lost)} records were removed from the topic before this queue had settled them`
    yield { severity: 'warning', kind: 'lost-records', ...of, text, value: counters.lost }
  }
  if (queue.paused) {
    const text = `The queue is paused${ready > 0 ? `: ${count(ready)} messages wait` : ''}`
    yield { severity: ready > 0 ? 'warning' : 'info', kind: 'paused', ...of, text, value: ready }
  }
  if (ready === 0) return
  const limit = fullness(queue)
  if (limit !== null) {
    const then = settings.overflow === 'drop-head' ? 'the oldest messages are dropped' : 'publishers are refused'
    yield { severity: 'warning', kind: 'queue-full', ...of, text: `At its limit of ${limit}: ${then}`, value: ready }
  }
  if (forDeadLetters.has(queue.name)) {
    const rate = stats.queues.rate(queue, 'publish')
    const text = `${count(ready)} dead letters wait here${rate > 0 ? ', and more arrive' : ''}`
    yield { severity: rate > 0 ? 'warning' : 'info', kind: 'dead-letters', ...of, text, value: ready }
  } else if (queue.subscriptions.size === 0 && !queue.paused) {
    const text = `${count(ready)} messages and nobody who takes them`
    yield { severity: 'warning', kind: 'no-consumers', ...of, text, value: ready }
  }
  const growth = growthOf(stats.queues, queue, 'messages_ready', BACKLOG_GROWTH_MIN, broker.clock.now())
  if (growth !== null) {
    const { since, perSecond } = growth
    const text = `The backlog of ${count(ready)} messages grows by ${count(perSecond)} a second`
    const severity = ready >= CRITICAL_BACKLOG ? 'critical' : 'warning'
    yield { severity, kind: 'growing-backlog', ...of, text, since, value: ready }
  }
}

/** The limit that it has reached, in words. */
function fullness({ ready, readyBytes, settings }: Queue): string | null {
  const { maxLength, maxLengthBytes } = settings
  if (maxLength !== null && ready > 0 && ready >= maxLength * FULL_SHARE) return `${count(maxLength)} messages`
  const isFull = maxLengthBytes !== null && readyBytes > 0 && readyBytes >= maxLengthBytes * FULL_SHARE
  return isFull ? `${count(maxLengthBytes)} bytes` : null
}

/** The queues of the vhost that dead letters go to: by a routing key, or bound to an exchange for dead letters. */
export function deadLetterQueues({ queues, exchanges }: Vhost): ReadonlySet<string> {
  const found = new Set<string>()
  const forDeadLetters = new Set<string>()
  for (const { settings, name } of queues.values()) {
    const { deadLetterExchange: exchange, deadLetterRoutingKey: key } = settings
    if (exchange === '' && key !== null && key !== name) found.add(key)
    else if (exchange !== null && exchange !== '') forDeadLetters.add(exchange)
  }
  for (const name of forDeadLetters) {
    for (const { destination } of exchanges.get(name)?.bindings() ?? []) {
      if (destination.kind === 'queue') found.add(destination.name)
    }
  }
  return found
}
