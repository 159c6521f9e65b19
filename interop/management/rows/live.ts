/** Connections, channels and consumers of a client at work, as it is seen and closed. */
import { once } from 'node:events'
import { type ChannelModel, connect } from 'amqplib'
import { type Area, remember } from '../row.ts'
import type { Shape } from '../shape.ts'
import { ask, type Target } from '../target.ts'
import { counted } from './topology.ts'

const rate: Shape = { rate: 'number' }
const connection: Shape = {
  name: 'string',
  node: 'string',
  vhost: 'string',
  user: 'string',
  protocol: 'string',
  state: 'string',
  host: 'string',
  port: 'number',
  peer_host: 'string',
  peer_port: 'number',
  channels: 'number',
  channel_max: 'number',
  frame_max: 'number',
  timeout: 'number',
  connected_at: 'number',
  client_properties: {
    connection_name: 'string',
    product: 'string',
    version: 'string',
    platform: 'string',
    capabilities: {},
  },
  auth_mechanism: 'string',
  ssl: 'boolean',
  send_oct: 'number',
  send_oct_details: rate,
  recv_oct: 'number',
  recv_oct_details: rate,
  send_cnt: 'number',
  recv_cnt: 'number',
  send_pend: 'number',
  user_provided_name: 'string',
  user_who_performed_action: 'string',
  type: 'string',
}
const channel: Shape = {
  name: 'string',
  number: 'number',
  vhost: 'string',
  user: 'string',
  node: 'string',
  state: 'string',
  prefetch_count: 'number',
  global_prefetch_count: 'number',
  consumer_count: 'number',
  confirm: 'boolean',
  transactional: 'boolean',
  messages_unacknowledged: 'number',
  messages_unconfirmed: 'number',
  messages_uncommitted: 'number',
  acks_uncommitted: 'number',
  connection_details: { name: 'string', peer_host: 'string', peer_port: 'number' },
}
const consumer: Shape = {
  consumer_tag: 'string',
  ack_required: 'boolean',
  active: 'boolean',
  activity_status: 'string',
  exclusive: 'boolean',
  prefetch_count: 'number',
  arguments: {},
  queue: { name: 'string', vhost: 'string' },
  channel_details: {
    name: 'string',
    number: 'number',
    user: 'string',
    connection_name: 'string',
    peer_host: 'string',
    peer_port: 'number',
    node: 'string',
  },
}
const stats: Shape = { publish: 'number', publish_details: rate, deliver_get: 'number', deliver_get_details: rate }
const error: Shape = { error: 'string', reason: 'any' }

const open = new WeakMap<Target, ChannelModel>()

/** Publishes five, holds one of three deliveries, acknowledges the rest, has returned one. */
async function work(target: Target): Promise<void> {
  const url = Object.assign(new URL(target.amqp), { pathname: '/li' })
  const client = await connect(url.href, { clientProperties: { connection_name: 'the client' } })
  client.on('error', () => undefined)
  open.set(target, client)
  const out = await client.createConfirmChannel()
  await out.assertQueue('q', { durable: true })
  await out.assertQueue('own', { exclusive: true, durable: false })
  await out.assertExchange('x', 'topic', { durable: true })
  await out.bindQueue('q', 'x', 'k.*')
  for (let at = 0; at < 5; at++) out.publish('x', 'k.a', Buffer.from('12345'), { persistent: true })
  out.publish('x', 'nowhere', Buffer.from('x'), { mandatory: true })
  out.publish('x', 'nowhere', Buffer.from('x'))
  await out.waitForConfirms()
  const into = await client.createChannel()
  await into.prefetch(3)
  const got: Parameters<typeof into.ack>[0][] = []
  const three = Promise.withResolvers<void>()
  await into.consume(
    'q',
    (message) => {
      got.push(message!)
      if (got.length === 3) three.resolve()
    },
    { consumerTag: 'the consumer', arguments: { note: 'mine' } },
  )
  await three.promise
  into.ack(got[0]!)
  into.ack(got[1]!)
  into.nack(got[2]!, false, true)
  await Promise.race([once(client, 'never'), new Promise((next) => setTimeout(next, 300))])
}

async function find(target: Target): Promise<void> {
  for (const late = Date.now() + 10_000; Date.now() < late; await new Promise((next) => setTimeout(next, 200))) {
    const { body } = await ask(target, { method: 'GET', path: '/api/vhosts/li/connections' })
    const name = (body as { name?: string }[])[0]?.name
    if (name === undefined) continue
    remember(target, 'connection', name)
    remember(target, 'channel', `${name} (1)`)
    return
  }
  throw new Error(`${target.name} shows no connection`)
}

async function closed(target: Target): Promise<void> {
  const late = new Promise((_, reject) =>
    setTimeout(() => reject(new Error('the connection stayed open')), 5000).unref(),
  )
  const client = open.get(target)!
  const probe = client.createChannel().then(
    () => Promise.reject(new Error('still open')),
    () => undefined,
  )
  await Promise.race([probe, late])
}

export const live: Area = {
  name: 'live',
  steps: [
    { method: 'PUT', path: '/api/vhosts/li', status: 201 },
    { path: '/api/vhosts/li/connections', status: 200, name: 'GET /api/vhosts/li/connections before any' },
    work,
    find,
    {
      path: '/api/connections/{connection}',
      status: 200,
      shape: connection,
      until: (body) => body.channels === 2 && body.send_oct > 300,
    },
    { path: '/api/vhosts/li/connections', status: 200, shape: [connection] },
    { path: '/api/connections', status: 200, shape: [connection] },
    { path: '/api/connections?page=1&page_size=10', status: 200, shape: { items: [connection] } },
    {
      path: '/api/connections?columns=user,client_properties.product,channels',
      status: 200,
      shape: [{ user: 'string', client_properties: { product: 'string' } }],
    },
    {
      path: '/api/connections/username/guest',
      status: 200,
      shape: [{ name: 'string', user: 'string', vhost: 'string' }],
    },
    {
      path: '/api/connections/{connection}/channels',
      status: 200,
      shape: [channel],
      sortBy: ['number'],
      until: (body) => body.length === 2,
    },
    {
      path: '/api/channels/{channel}',
      status: 200,
      shape: {
        ...(channel as object),
        message_stats: { publish: 'number', confirm: 'number', publish_details: rate },
        publishes: 'array',
        deliveries: 'array',
        consumer_details: 'array',
      },
      until: (body) => body.message_stats?.confirm >= 7 && body.message_stats?.return_unroutable >= 1,
    },
    {
      path: '/api/channels',
      status: 200,
      shape: [channel],
      sortBy: ['number'],
      until: (body) => body.some((one: { message_stats?: { ack?: number } }) => one.message_stats?.ack === 2),
    },
    { path: '/api/vhosts/li/channels', status: 200, shape: [channel], sortBy: ['number'] },
    {
      path: '/api/channels?page=1&page_size=1&columns=number,vhost',
      status: 200,
      shape: { items: [{ number: 'number' }] },
    },
    {
      path: '/api/consumers',
      status: 200,
      shape: [consumer],
      also: [{ consumer_timeout: 'number' }],
      until: (body) => body.length === 1,
    },
    { path: '/api/consumers/li', status: 200, shape: [consumer] },
    {
      path: '/api/queues/li/q',
      status: 200,
      shape: {
        ...(counted as object),
        message_stats: { ...stats, deliver: 'number', ack: 'number', redeliver: 'number' },
        consumer_details: [consumer],
        deliveries: [{ channel_details: {}, stats: {} }],
        incoming: [{ exchange: { name: 'string', vhost: 'string' }, stats: {} }],
        consumer_utilisation: 'number|null',
      },
      until: (body) =>
        body.consumers === 1 &&
        body.message_stats?.ack === 2 &&
        body.messages_unacknowledged === 3 &&
        body.message_stats?.redeliver >= 1,
    },
    {
      path: '/api/queues/li/own',
      status: 200,
      shape: {
        ...(counted as object),
        owner_pid_details: { name: 'string', peer_host: 'string', peer_port: 'number' },
      },
      until: (body) => body.messages !== undefined,
    },
    {
      path: '/api/exchanges/li/x',
      status: 200,
      shape: {
        message_stats: { publish_in: 'number', publish_in_details: rate, publish_out: 'number' },
        incoming: 'array',
        outgoing: 'array',
      },
      until: (body) => body.message_stats?.publish_in >= 5,
    },
    {
      path: '/api/vhosts/li',
      status: 200,
      shape: {
        messages: 'number',
        messages_ready: 'number',
        messages_unacknowledged: 'number',
        recv_oct: 'number',
        send_oct: 'number',
        message_stats: {},
      },
      until: (body) => body.messages === 3 && body.recv_oct > 0 && body.message_stats?.ack === 2,
    },
    {
      path: '/api/overview?columns=object_totals,message_stats,queue_totals',
      status: 200,
      shape: {
        object_totals: { consumers: 'number' },
        message_stats: {
          publish: 'number',
          confirm: 'number',
          ack: 'number',
          deliver: 'number',
          return_unroutable: 'number',
        },
      },
      values: false,
      until: (body) => body.message_stats?.ack >= 2 && body.message_stats?.return_unroutable >= 1,
    },
    {
      path: '/api/queues/li/q?lengths_age=60&lengths_incr=5&msg_rates_age=60&msg_rates_incr=5&columns=messages_details,message_stats.publish_details',
      status: 200,
      values: false,
      until: (body) =>
        body.messages_details?.samples?.length > 0 && body.message_stats?.publish_details?.avg_rate !== undefined,
    },
    { method: 'DELETE', path: '/api/queues/li/q?if-unused=true', status: 400, shape: error },
    {
      method: 'POST',
      path: '/api/queues/li/own/get',
      body: { count: 1, ackmode: 'ack_requeue_true', encoding: 'auto' },
      status: 400,
      shape: error,
    },
    { method: 'PUT', path: '/api/queues/li/own', body: {}, status: 400, shape: error },
    { method: 'DELETE', path: '/api/exchanges/li/x?if-unused=true', status: 400, shape: error },
    {
      method: 'DELETE',
      path: '/api/connections/{connection}',
      headers: { 'x-reason': 'by the contract' },
      status: 204,
    },
    closed,
    {
      path: '/api/connections/{connection}',
      status: 404,
      shape: error,
      until: (body) => body.error !== undefined,
      name: 'GET /api/connections/{connection} when closed',
    },
    {
      path: '/api/vhosts/li/channels',
      status: 200,
      until: (body) => body.length === 0,
      name: 'GET /api/vhosts/li/channels when closed',
    },
    {
      path: '/api/consumers/li',
      status: 200,
      until: (body) => body.length === 0,
      name: 'GET /api/consumers/li when closed',
    },
    work,
    find,
    { method: 'DELETE', path: '/api/connections/username/guest', status: 204 },
    closed,
    { method: 'DELETE', path: '/api/vhosts/li', status: 204 },
  ],
}
