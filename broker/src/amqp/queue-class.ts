/** Class queue (AMQP 0-9-1 §1.7). */

import type { Queue } from '../broker/queue/queue.ts'
import { unnamedQueuePrefix } from '../broker/queue/queue-arguments.ts'
import { SOURCE_TOPIC } from '../broker/queue/settings.ts'
import { Refusal } from '../broker/refusal.ts'
import type { Headers } from '../broker/routing/headers.ts'
import type { StreamQueue } from '../broker/stream/stream-queue.ts'
import type { MethodArgs } from '../wire/amqp/methods.ts'
import type { Channel } from './channel.ts'
import { refuseDefault } from './exchange-class.ts'
import type { Handlers } from './handlers.ts'
import { isReplyName, REPLY_QUEUE } from './reply-to.ts'
import type { AmqpSession } from './session.ts'

export const queueHandlers: Handlers = {
  'queue.declare'(session, channel, args) {
    const name = args.queue.replace(/[\r\n]/g, '')
    if (name === REPLY_QUEUE || isReplyName(name)) {
      declareReplyQueue(session, channel, name, args.nowait)
      return
    }
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
    const { queue, key } = bindingEnds(session, channel, args)
    session.vhost!.bind(args.exchange, queue, key, args.arguments as Headers)
    if (!args.nowait) session.answers.give(channel.number, 'queue.bind-ok', {})
  },

  'queue.unbind'(session, channel, args) {
    const { queue, key } = bindingEnds(session, channel, args)
    session.vhost!.unbind(args.exchange, queue, key, args.arguments as Headers)
    session.answers.give(channel.number, 'queue.unbind-ok', {})
  },

  'queue.purge'(session, channel, args) {
    const name = queueName(session, channel, args.queue)
    session.rights.require('read', 'queue', name)
    const queue = session.vhost!.queueOrStream(name, session)
    if (queue.kind === 'topic') throw notOfStreams('queue.purge', name, queue.vhost)
    const messageCount = queue.purge()
    if (!args.nowait) session.answers.give(channel.number, 'queue.purge-ok', { messageCount })
  },

  'queue.delete'(session, channel, args) {
    const name = queueName(session, channel, args.queue)
    session.rights.require('configure', 'queue', name, 'delete')
    const vhost = session.vhost!
    const messageCount = vhost.queues.has(name)
      ? vhost.deleteQueue(name, session, args.ifUnused, args.ifEmpty)
      : vhost.deleteStream(name, args.ifUnused, args.ifEmpty)
    if (!args.nowait) session.answers.give(channel.number, 'queue.delete-ok', { messageCount })
  },
}

function declare(session: AmqpSession, name: string, args: MethodArgs<'queue.declare'>): Queue | StreamQueue {
  const vhost = session.vhost!
  const options = {
    durable: args.durable,
    autoDelete: args.autoDelete,
    exclusiveTo: args.exclusive ? session : null,
    arguments: args.arguments as Headers,
  }
  if (name === '') {
    // A name made by the broker is the user's to configure only if such names are.
    const prefix = `${unnamedQueuePrefix(vhost.name, options.arguments)}-`
    session.rights.require('configure', 'queue', prefix)
    requireForDeadLetters(session, prefix, options.arguments)
    requireForSource(session, options.arguments)
    return vhost.declareUnnamedQueue(options)
  }
  session.rights.require('configure', 'queue', name)
  if (!vhost.queues.has(name)) {
    requireForDeadLetters(session, name, options.arguments)
    requireForSource(session, options.arguments)
  }
  if (vhost.asksForNewStream({ ...options, name })) session.rights.requireAs('create', 'topic', name)
  return vhost.declareQueueOrStream({ ...options, name }, session)
}

/** Dead letters take messages out of the queue into the exchange: its owner must be allowed both. @throws Refusal access-refused */
function requireForDeadLetters(session: AmqpSession, queue: string, args: Headers): void {
  const exchange = args['x-dead-letter-exchange']
  if (typeof exchange !== 'string') return
  session.rights.require('read', 'queue', queue)
  session.rights.require('write', 'exchange', exchange)
  const key = args['x-dead-letter-routing-key']
  if (exchange === '' && typeof key === 'string') session.rights.requireDefault(key)
}

/** A queue over a topic gives out what is in it. @throws Refusal access-refused */
function requireForSource(session: AmqpSession, args: Headers): void {
  const topic = args[SOURCE_TOPIC]
  if (typeof topic === 'string') session.rights.require('read', 'exchange', topic)
}

function passive(session: AmqpSession, channel: Channel, name: string): Queue | StreamQueue {
  const queue = session.vhost!.queueOrStream(queueName(session, channel, name), session)
  if (queue.kind === 'queue') queue.touch()
  return queue
}

function bindingEnds(
  session: AmqpSession,
  channel: Channel,
  args: { queue: string; exchange: string; routingKey: string },
): { queue: Queue | StreamQueue; key: string } {
  refuseDefault(args.exchange)
  const name = queueName(session, channel, args.queue)
  // With both names left out, the key means the queue's name too (AMQP 0-9-1 queue.bind).
  const key = args.queue === '' && args.routingKey === '' ? name : args.routingKey
  session.rights.require('write', 'queue', name)
  session.rights.require('read', 'exchange', args.exchange)
  const queue = session.vhost!.queueOrStream(name, session)
  if (session.vhost!.exchange(args.exchange).type === 'topic') session.rights.requireTopic('read', args.exchange, key)
  return { queue, key }
}

/** An empty name means the queue last declared on the channel. @throws Refusal not-found */
export function queueName(_session: AmqpSession, channel: Channel, name: string): string {
  if (name !== '') return name
  if (channel.lastQueue === '') throw new Refusal('not-found', 'no previously declared queue')
  return channel.lastQueue
}

/** What streams have not, in RabbitMQ's words. */
export function notOfStreams(what: string, name: string, vhost: string): Refusal {
  return new Refusal('not-implemented', `${what} not supported by stream queues queue '${name}' in vhost '${vhost}'`)
}

/** The pseudo-queue of direct reply-to answers a declare as long as its requester lives. */
function declareReplyQueue(session: AmqpSession, channel: Channel, name: string, nowait: boolean): void {
  if (name !== REPLY_QUEUE && !session.amqp.replies.has(name)) {
    throw new Refusal('not-found', `no queue '${name}' in vhost '${session.vhost!.name}'`)
  }
  if (!nowait) session.send(channel.number, 'queue.declare-ok', { queue: name, messageCount: 0, consumerCount: 1 })
}
