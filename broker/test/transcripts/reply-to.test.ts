// Direct reply-to: requests whose answers need no queue.

import { capture, captured, dialogues, differs, Speaker } from './dialogue.ts'

const client = new Speaker('client', 1)
const other = new Speaker('client', 2)
const server = new Speaker('server', 1)

const REPLY_TO = 'amq.rabbitmq.reply-to'
const requests = { queue: 'reply-to.requests' }
const listening = [
  server.ask('queue.declare', requests),
  server.ask('basic.consume', { ...requests, consumerTag: 's', noAck: true }),
]
const listenForReplies = client.ask('basic.consume', { queue: REPLY_TO, consumerTag: 'r', noAck: true })

dialogues({
  'a request and its reply': [
    ...listening,
    listenForReplies,
    client.publish('', requests.queue, 'what?', { replyTo: REPLY_TO, correlationId: '1' }),
    server.delivery('s', 1, 'what?', {
      properties: { replyTo: capture('address', /^amq\.rabbitmq\.reply-to\.\S+$/), correlationId: '1' },
    }),
    server.publish('', captured('address'), 'that', { correlationId: '1' }),
    client.delivery('r', 1, 'that', { exchange: '', properties: { correlationId: '1' } }),
    server.ask('queue.declare', { queue: captured('address'), passive: true }, { consumerCount: 1, messageCount: 0 }),
    server.publish('', captured('address'), 'and more', { mandatory: true }),
    client.delivery('r', /./, 'and more'),
    differs('RabbitMQ 3.10 returns a mandatory reply although it delivers it', {
      signalbox: [server.silence()],
      rabbit: [server.returned(312, 'NO_ROUTE', 'and more')],
    }),
  ],
  'the reply of one who left finds nobody': [
    ...listening,
    listenForReplies,
    client.publish('', requests.queue, 'what?', { replyTo: REPLY_TO }),
    server.delivery('s', 1, 'what?', { properties: { replyTo: capture('address', /^amq\.rabbitmq\.reply-to\./) } }),
    client.leave(),
    server.publish('', captured('address'), 'too late', { mandatory: true }),
    server.returned(312, 'NO_ROUTE', 'too late'),
    server.send('queue.declare', { queue: captured('address'), passive: true }),
    server.refused(404, /^NOT_FOUND - no queue 'amq\.rabbitmq\.reply-to\.[^']+' in vhost '\/'$/),
  ],
  'a reply to an address that never was': [
    server.publish('', `${REPLY_TO}.g1h2AAAA.nonsense`, 'who?', { mandatory: true }),
    differs('RabbitMQ 3.10 fails with 541 on a reply address that it cannot read', {
      signalbox: [server.returned(312, 'NO_ROUTE', 'who?')],
      rabbit: [server.expelled(541, /^INTERNAL_ERROR/, 'nothing')],
    }),
  ],
  'replies are not acknowledged': [
    client.send('basic.consume', { queue: REPLY_TO, consumerTag: 'r' }),
    client.refused(406, 'reply consumer cannot acknowledge'),
  ],
  'one reply consumer for a channel': [
    listenForReplies,
    client.send('basic.consume', { queue: REPLY_TO, consumerTag: 'r2', noAck: true }),
    client.refused(406, 'reply consumer already set'),
  ],
  'a request needs its reply consumer, on the same channel': [
    ...listening,
    listenForReplies,
    other.publish('', requests.queue, 'what?', { replyTo: REPLY_TO }),
    other.refused(406, 'fast reply consumer does not exist'),
  ],
  'cancelled, the reply consumer may come again': [
    listenForReplies,
    client.ask('basic.cancel', { consumerTag: 'r' }, { consumerTag: 'r' }),
    listenForReplies,
  ],
  'the pseudo-queue is there for who asks': [
    client.ask('queue.declare', { queue: REPLY_TO, passive: true }, { queue: REPLY_TO, messageCount: 0 }),
  ],
  'any other reply_to is passed on as it is': [
    ...listening,
    client.publish('', requests.queue, 'what?', { replyTo: 'my.own.queue' }),
    server.delivery('s', 1, 'what?', { properties: { replyTo: 'my.own.queue' } }),
  ],
})
