// The event exchange: what happens is told to queues that are bound to it.

import assert from 'node:assert/strict'
import { all, dialogues, login, Speaker, type Step } from './dialogue.ts'
import { hear, inTags } from './hearing.ts'

const watcher = new Speaker('watcher', 1)
const guest = new Speaker('guest', 1)
const watched = new Speaker('watched', 1)

/** Names that make an event the dialogue's own: others go on at the same time. */
let mine: readonly unknown[] = []

/** Binds a queue to events, and looks at those that name one of these as what or whom they are about. */
function watch(keys: readonly string[], ...names: string[]): Step {
  return all(
    async () => {
      mine = names
    },
    watcher.ask('queue.declare', { queue: 'events.seen', exclusive: true }),
    ...keys.map((routingKey) =>
      watcher.ask('queue.bind', { queue: 'events.seen', exchange: 'amq.rabbitmq.event', routingKey }),
    ),
    watcher.ask('basic.consume', { queue: 'events.seen', consumerTag: 'w', noAck: true }),
  )
}

/** Hears an event: no body, persistent, of now, with at least these headers. */
function event(name: string, expected: { readonly [name: string]: unknown }): Step {
  return async (run) => {
    const client = await run.channel('watcher', 1)
    for (;;) {
      const arrival = await client.next(1)
      const headers = inTags(arrival.headers ?? [])
      if (![headers.name, headers.source_name, headers.queue, headers.user].some((one) => mine.includes(one))) continue
      hear(arrival, 'basic.deliver', { exchange: 'amq.rabbitmq.event', routingKey: name, redelivered: false })
      assert.equal(arrival.body?.length, 0)
      assert.equal(arrival.properties?.deliveryMode, 2)
      const age = Date.now() - Number(String(headers.timestamp_in_ms).slice(2))
      assert.ok(age >= -1000 && age < 60_000, `timestamp_in_ms ${headers.timestamp_in_ms}`)
      assert.ok(Math.abs(Number(arrival.properties?.timestamp) - Date.now() / 1000) < 60)
      for (const [header, value] of Object.entries(expected)) assert.deepEqual(headers[header], value, header)
      return
    }
  }
}

const by = { user_who_performed_action: 'guest' }
const q = { queue: 'events.q' }
const x = { exchange: 'events.x', type: 'topic' }
const binding = {
  source_name: 'events.x',
  source_kind: 'exchange',
  destination_name: 'events.q',
  destination_kind: 'queue',
  routing_key: 'k.#',
  vhost: '/',
  ...by,
}

dialogues({
  'queues, exchanges and bindings come and go': [
    watch(['queue.*', 'binding.*'], 'events.q', 'events.x'),
    guest.ask('queue.declare', { ...q, durable: true, autoDelete: true, arguments: { 'x-max-length': 5 } }),
    event('queue.created', {
      name: 'events.q',
      vhost: '/',
      durable: 't:true',
      auto_delete: 't:true',
      exclusive: 't:false',
      ...by,
    }),
    guest.ask('queue.declare', { ...q, durable: true, autoDelete: true, arguments: { 'x-max-length': 5 } }),
    guest.ask('exchange.declare', x),
    guest.ask('queue.bind', { ...q, exchange: 'events.x', routingKey: 'k.#' }),
    event('binding.created', binding),
    guest.ask('queue.unbind', { ...q, exchange: 'events.x', routingKey: 'k.#' }),
    event('binding.deleted', binding),
    guest.ask('queue.bind', { ...q, exchange: 'events.x', routingKey: 'k.#' }),
    event('binding.created', binding),
    guest.ask('queue.delete', q),
    event('binding.deleted', { source_name: 'events.x', destination_name: 'events.q' }),
    event('queue.deleted', { name: 'events.q', vhost: '/', ...by }),
    watcher.hangUp(),
  ],
  'an exchange comes and goes with its bindings': [
    watch(['exchange.*', 'binding.*'], 'events.x'),
    guest.ask('exchange.declare', { ...x, durable: true }),
    event('exchange.created', {
      name: 'events.x',
      vhost: '/',
      type: 'topic',
      durable: 't:true',
      auto_delete: 't:false',
      internal: 't:false',
      ...by,
    }),
    guest.ask('queue.declare', q),
    guest.ask('queue.bind', { ...q, exchange: 'events.x', routingKey: 'k.#' }),
    event('binding.created', binding),
    guest.send('exchange.delete', { exchange: 'events.x' }),
    guest.hear('exchange.delete-ok'),
    event('exchange.deleted', { name: 'events.x', vhost: '/', ...by }),
    event('binding.deleted', binding),
    watcher.hangUp(),
  ],
  'consumers come and go': [
    watch(['consumer.#'], 'events.q'),
    guest.ask('queue.declare', q),
    guest.ask('basic.consume', { ...q, consumerTag: 'c' }),
    event('consumer.created', {
      consumer_tag: 'c',
      queue: 'events.q',
      vhost: '/',
      ack_required: 't:true',
      exclusive: 't:false',
      prefetch_count: 'l:0',
      ...by,
    }),
    guest.ask('basic.cancel', { consumerTag: 'c' }),
    event('consumer.deleted', { consumer_tag: 'c', queue: 'events.q', vhost: '/', ...by }),
    guest.ask('basic.consume', { ...q, consumerTag: 'd', noAck: true, exclusive: true }),
    event('consumer.created', { consumer_tag: 'd', ack_required: 't:false', exclusive: 't:true' }),
    guest.close(),
    event('consumer.deleted', { consumer_tag: 'd', queue: 'events.q', vhost: '/' }),
    watcher.hangUp(),
  ],
  'a login, its connection and its channels': [
    watch(['user.authentication.*', 'connection.*', 'channel.created'], 'watched'),
    login('watched', { user: 'watched' }),
    watched.ask('channel.flow', { active: true }),
    event('user.authentication.success', {
      name: 'watched',
      connection_type: 'network',
      auth_mechanism: 'PLAIN',
      ssl: 't:false',
    }),
    event('connection.created', {
      user: 'watched',
      vhost: '/',
      type: 'network',
      auth_mechanism: 'PLAIN',
      frame_max: 'l:131072',
      channel_max: 'l:2047',
      timeout: 'l:0',
      user_who_performed_action: 'watched',
    }),
    event('channel.created', {
      user: 'watched',
      vhost: '/',
      number: 'l:1',
      user_who_performed_action: 'watched',
    }),
    watcher.hangUp(),
  ],
  'only the broker publishes events': [
    guest.publish('amq.rabbitmq.event', 'queue.created', 'forged'),
    guest.refused(403, "cannot publish to internal exchange 'amq.rabbitmq.event' in vhost '/'", 'basic.publish'),
    guest.send('exchange.delete', { exchange: 'amq.rabbitmq.event' }),
    guest.refused(403, "deletion of system exchange 'amq.rabbitmq.event' in vhost '/' not allowed"),
  ],
})
