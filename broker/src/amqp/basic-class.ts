/** Class basic (AMQP 0-9-1 §1.8) but publish and ack, which the session reads by hand. */
import { randomBytes } from 'node:crypto'
import { checkConsumeArguments } from '../broker/arguments.ts'
import { REPLY_QUEUE } from '../broker/direct-replies.ts'
import type { Queue } from '../broker/queue/queue.ts'
import { Refusal } from '../broker/refusal.ts'
import type { Headers } from '../broker/routing/headers.ts'
import { streamReaderOptions } from '../broker/stream/consume-arguments.ts'
import { notOfStreams } from '../broker/stream/not-of-streams.ts'
import type { StreamQueue } from '../broker/stream/stream-queue.ts'
import type { MessageView } from '../record/message.ts'
import { ReplyCode } from '../wire/amqp/constants.ts'
import type { MethodArgs } from '../wire/amqp/methods.ts'
import type { Channel } from './channel.ts'
import { Consumer } from './consumer.ts'
import { writeContent } from './delivery.ts'
import { withDeliveryCount } from './delivery-count.ts'
import { traceDelivery } from './firehose.ts'
import type { Handlers } from './handlers.ts'
import { queueName } from './queue-class.ts'
import { ProtocolError } from './reply.ts'
import { ReplyConsumer } from './reply-to.ts'
import type { AmqpSession } from './session.ts'
import { StreamConsumer } from './stream-consumer.ts'

export const basicHandlers: Handlers = {
  'basic.qos'(session, channel, { prefetchSize, prefetchCount, global }) {
    if (prefetchSize !== 0) throw new ProtocolError(ReplyCode.NOT_IMPLEMENTED, `prefetch_size!=0 (${prefetchSize})`)
    // A prefetch for consumers to come lifts the one that the channel shares, as in RabbitMQ.
    channel.prefetch = global ? prefetchCount : 0
    if (!global) channel.consumerPrefetch = prefetchCount
    channel.restConsumers()
    channel.wakeConsumers()
    session.send(channel.number, 'basic.qos-ok', {})
  },

  'basic.consume'(session, channel, args) {
    if (args.queue === REPLY_QUEUE) consumeReplies(session, channel, args)
    else consume(session, channel, args)
  },

  'basic.cancel'(session, channel, { consumerTag, nowait }) {
    const consumer = channel.consumers.get(consumerTag)
    if (consumer !== undefined) channel.removeConsumer(consumer)
    else if (channel.replyConsumer?.tag === consumerTag) {
      session.amqp.replies.delete(channel.replyConsumer.token)
      channel.replyConsumer = null
    }
    if (!nowait) session.answers.give(channel.number, 'basic.cancel-ok', { consumerTag })
  },

  'basic.get'(session, channel, args) {
    const name = queueName(session, channel, args.queue)
    session.rights.require('read', 'queue', name)
    const queue = session.vhost!.queueOrStream(name, session)
    if (queue.kind === 'topic') throw notOfStreams('basic.get', name, queue.vhost)
    if (queue.settings.singleActiveConsumer && queue.settings.type === 'quorum') throw notForGets(queue)
    get(session, channel, queue, args.noAck)
  },

  'basic.ack'(_session, channel, { deliveryTag, multiple }) {
    channel.settle(deliveryTag, multiple, 'acknowledge')
  },

  'basic.nack'(_session, channel, { deliveryTag, multiple, requeue }) {
    channel.settle(deliveryTag, multiple, requeue ? 'returned' : 'discard')
  },

  'basic.reject'(_session, channel, { deliveryTag, requeue }) {
    channel.settle(deliveryTag, false, requeue ? 'failed' : 'discard')
  },

  'basic.recover'(session, channel, { requeue }) {
    recover(channel, requeue)
    session.send(channel.number, 'basic.recover-ok', {})
  },

  'basic.recover-async'(_session, channel, { requeue }) {
    recover(channel, requeue)
  },
}

function recover(channel: Channel, requeue: boolean): void {
  if (!requeue) throw new ProtocolError(ReplyCode.NOT_IMPLEMENTED, 'requeue=false')
  channel.requeueAll()
}

function consume(session: AmqpSession, channel: Channel, args: MethodArgs<'basic.consume'>): void {
  const name = queueName(session, channel, args.queue)
  session.rights.require('read', 'queue', name)
  const queue = session.vhost!.queueOrStream(name, session)
  checkConsumeArguments(queue, args.arguments as Headers)
  const tag = freeTag(channel, args.consumerTag)
  const consumer =
    queue.kind === 'topic' ? streamConsumer(channel, queue, tag, args) : queueConsumer(channel, queue, tag, args)
  channel.addConsumer(consumer)
  if (!args.nowait) session.answers.give(channel.number, 'basic.consume-ok', { consumerTag: tag })
  // Deliveries come at the end of the turn, after consume-ok, unless that waits for durability: then after it.
  session.answers.afterwards(() => {
    if (channel.consumers.get(tag) === consumer) consumer.begin()
  })
}

type ConsumeArgs = MethodArgs<'basic.consume'>

/** @throws Refusal access-refused */
function queueConsumer(channel: Channel, queue: Queue, tag: string, args: ConsumeArgs): Consumer {
  const alone = args.exclusive && (queue.subscriptions.size > 0 || queue.settings.singleActiveConsumer)
  if (alone || queue.hasExclusiveConsumer) {
    throw new Refusal('access-refused', `queue '${queue.name}' in vhost '${queue.vhost}' in exclusive use`)
  }
  return new Consumer(channel, queue, channel.holders.takeSlot(), {
    tag,
    noAck: args.noAck,
    exclusive: args.exclusive,
    prefetch: args.noAck ? 0 : channel.consumerPrefetch,
    arguments: args.arguments as Headers,
    priority: integer(args.arguments['x-priority']) ?? 0,
    timeoutMs: integer(args.arguments['x-consumer-timeout']),
  })
}

/** @throws Refusal not-implemented, precondition-failed, resource-locked, access-refused */
function streamConsumer(channel: Channel, stream: StreamQueue, tag: string, args: ConsumeArgs): StreamConsumer {
  const { session, consumerPrefetch: prefetch } = channel
  const queue = `queue '${stream.name}' in vhost '${stream.vhost}'`
  if (prefetch === 0) {
    throw new Refusal('precondition-failed', `consumer prefetch count is not set for stream ${queue}`)
  }
  if (args.noAck) throw notOfStreams('automatic acknowledgement', stream.name, stream.vhost)
  if (channel.prefetch > 0) throw new Refusal('not-implemented', `${queue} does not support global qos`)
  const options = streamReaderOptions(stream, args.arguments as Headers)
  if (options.name !== null) session.rights.requireAs('read', 'group', options.name)
  const { exclusive, arguments: headers } = args
  return new StreamConsumer(channel, stream, { tag, exclusive, prefetch, arguments: headers as Headers }, options)
}

function consumeReplies(session: AmqpSession, channel: Channel, args: MethodArgs<'basic.consume'>): void {
  if (!args.noAck) throw new ProtocolError(ReplyCode.PRECONDITION_FAILED, 'reply consumer cannot acknowledge')
  if (channel.replyConsumer !== null) {
    throw new ProtocolError(ReplyCode.PRECONDITION_FAILED, 'reply consumer already set')
  }
  const consumerTag = freeTag(channel, args.consumerTag)
  channel.replyConsumer = new ReplyConsumer(channel, consumerTag)
  if (!args.nowait) session.answers.give(channel.number, 'basic.consume-ok', { consumerTag })
}

function integer(value: unknown): number | null {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null
}

/** @throws ProtocolError NOT_ALLOWED for a tag in use on the channel */
function freeTag(channel: Channel, tag: string): string {
  if (tag === '') return `amq.ctag-${randomBytes(16).toString('base64url')}`
  if (channel.consumers.has(tag) || channel.replyConsumer?.tag === tag) {
    throw new ProtocolError(ReplyCode.NOT_ALLOWED, `attempt to reuse consumer tag '${tag}'`)
  }
  return tag
}

function get(session: AmqpSession, channel: Channel, queue: Queue, noAck: boolean): void {
  const result = queue.get(noAck, (view, redelivered) => getOk(session, channel, queue, noAck, view, redelivered))
  if (result === 'empty') {
    channel.counts.getEmpty++
    session.send(channel.number, 'basic.get-empty', { reserved1: '' } as never)
  } else if (result === 'wait') {
    session.answers.hold((release) => queue.whenReadable(() => release(() => get(session, channel, queue, noAck))))
  }
}

function getOk(
  session: AmqpSession,
  channel: Channel,
  queue: Queue,
  noAck: boolean,
  view: MessageView,
  redelivered: boolean,
): void {
  const deliveryTag = ++channel.deliveryTag
  if (redelivered) channel.counts.redelivered++
  if (noAck) channel.counts.gotNoAck++
  else {
    channel.counts.got++
    const holder = channel.holders.ofGet(queue)
    holder.unacked++
    channel.unacked.push(deliveryTag, holder.slot, view.place, session.amqp.time.tenths)
  }
  const { buffer } = view
  const message = view.deliveryCount === 0 ? view : withDeliveryCount(view)
  session.send(channel.number, 'basic.get-ok', {
    deliveryTag,
    redelivered,
    exchange: utf8.decode(buffer.subarray(view.exchangePos, view.exchangePos + view.exchangeLen)),
    routingKey: utf8.decode(buffer.subarray(view.keyPos, view.keyPos + view.keyLen)),
    messageCount: queue.ready,
  })
  writeContent(session.output, channel.number, session.frameMax, message)
  if (session.vhost!.tracing) traceDelivery(channel, queue, view, redelivered)
}

function notForGets({ name, vhost }: Queue): Refusal {
  return new Refusal(
    'resource-locked',
    `cannot obtain access to locked queue '${name}' in vhost '${vhost}'. basic.get operations are not supported by quorum queues with single active consumer`,
  )
}

const utf8 = new TextDecoder()
