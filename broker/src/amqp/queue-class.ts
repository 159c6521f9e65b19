/** Class queue (AMQP 0-9-1 §1.7). */

import { isReplyName, REPLY_QUEUE } from '../broker/direct-replies.ts'
import { type BindingEnds, bind, declareQueue, deleteQueue, purgeQueue, unbind } from '../broker/operations/declare.ts'
import type { Queue } from '../broker/queue/queue.ts'
import { Refusal } from '../broker/refusal.ts'
import type { Headers } from '../broker/routing/headers.ts'
import type { StreamQueue } from '../broker/stream/stream-queue.ts'
import type { MethodArgs } from '../wire/amqp/methods.ts'
import type { Channel } from './channel.ts'
import { declarer } from './exchange-class.ts'
import type { Handlers } from './handlers.ts'
import type { AmqpSession } from './session.ts'

export const queueHandlers: Handlers = {
  'queue.declare'(session, channel, args) {
    const name = args.queue.replace(/[\r\n]/g, '')
    if (name === REPLY_QUEUE || isReplyName(name)) {
      declareReplyQueue(session, channel, name, args.nowait)
      return
    }
    session.broker.counters.queuesDeclared++
    const queue = args.passive ? passive(session, channel, name) : declare(session, name, args)
    channel.lastQueue = queue.name
    if (!args.nowait) {
      session.answers.give(channel.number, 'queue.declare-ok', {
        queue: queue.name,
        messageCount: queue.ready,
        consumerCount: queue.subscriptions.size,
      })
    }
  },

  'queue.bind'(session, channel, args) {
    bind(declarer(session), ends(session, channel, args), args.arguments as Headers)
    if (!args.nowait) session.answers.give(channel.number, 'queue.bind-ok', {})
  },

  'queue.unbind'(session, channel, args) {
    unbind(declarer(session), ends(session, channel, args), args.arguments as Headers)
    session.answers.give(channel.number, 'queue.unbind-ok', {})
  },

  'queue.purge'(session, channel, args) {
    const messageCount = purgeQueue(declarer(session), queueName(session, channel, args.queue))
    if (!args.nowait) session.answers.give(channel.number, 'queue.purge-ok', { messageCount })
  },

  'queue.delete'(session, channel, args) {
    const messageCount = deleteQueue(declarer(session), queueName(session, channel, args.queue), args)
    if (!args.nowait) session.answers.give(channel.number, 'queue.delete-ok', { messageCount })
  },
}

function declare(session: AmqpSession, name: string, args: MethodArgs<'queue.declare'>): Queue | StreamQueue {
  return declareQueue(declarer(session), {
    name,
    durable: args.durable,
    autoDelete: args.autoDelete,
    exclusiveTo: args.exclusive ? session : null,
    arguments: args.arguments as Headers,
  })
}

function passive(session: AmqpSession, channel: Channel, name: string): Queue | StreamQueue {
  const queue = session.vhost!.queueOrStream(queueName(session, channel, name), session)
  if (queue.kind === 'queue') queue.touch()
  return queue
}

function ends(
  session: AmqpSession,
  channel: Channel,
  args: { queue: string; exchange: string; routingKey: string },
): BindingEnds {
  const destination = args.exchange === '' ? args.queue : queueName(session, channel, args.queue)
  // With both names left out, the key means the queue's name too (AMQP 0-9-1 queue.bind).
  const key = args.queue === '' && args.routingKey === '' ? destination : args.routingKey
  return { source: args.exchange, destination, kind: 'queue', key }
}

/** An empty name means the queue last declared on the channel. @throws Refusal not-found */
export function queueName(_session: AmqpSession, channel: Channel, name: string): string {
  if (name !== '') return name
  if (channel.lastQueue === '') throw new Refusal('not-found', 'no previously declared queue')
  return channel.lastQueue
}

/** The pseudo-queue of direct reply-to answers a declare as long as its requester lives. */
function declareReplyQueue(session: AmqpSession, channel: Channel, name: string, nowait: boolean): void {
  if (name !== REPLY_QUEUE && !session.broker.directReplies.has(name)) {
    throw new Refusal('not-found', `no queue '${name}' in vhost '${session.vhost!.name}'`)
  }
  if (!nowait) session.send(channel.number, 'queue.declare-ok', { queue: name, messageCount: 0, consumerCount: 1 })
}
