/**
 * What monitoring tools look at: a virtual host `flow` in which messages go round, some are held, one went nowhere. It
 * begins with the first area that wants it and ends with the step `stillness`.
 */
import { type Channel, type ChannelModel, connect } from 'amqplib'
import type { Row, Step } from '../row.ts'
import { remember } from '../row.ts'
import { ask, type Target } from '../target.ts'

const MS_BETWEEN_MESSAGES = 50

const flowing = new WeakMap<Target, Promise<() => Promise<void>>>()

export const flow: Step = async (target) => {
  if (!flowing.has(target)) flowing.set(target, begin(target))
  await flowing.get(target)
}

export const stillness: Step = async (target) => {
  const end = await flowing.get(target)
  await end?.()
}

async function begin(target: Target): Promise<() => Promise<void>> {
  await ask(target, { method: 'PUT', path: '/api/vhosts/flow' })
  const url = Object.assign(new URL(target.amqp), { pathname: '/flow' })
  const client = await connect(url.href, { clientProperties: { connection_name: 'the flow' } })
  client.on('error', () => undefined)
  const out = await client.createConfirmChannel()
  await out.assertExchange('x', 'topic', { durable: true })
  for (const name of ['flow.a', 'flow.held', 'flow b']) await out.assertQueue(name, { durable: true })
  await out.assertQueue('limited', { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': 7 } })
  await out.bindQueue('flow.a', 'x', 'a.*')
  await held(client, out)
  out.publish('x', 'nowhere', Buffer.from('x'), { mandatory: true })
  await flowOf(client, out)
  const nodes = await ask(target, { method: 'GET', path: '/api/nodes?columns=name' })
  remember(target, 'node', (nodes.body as { name: string }[])[0]!.name)
  return endOf(target, client, out)
}

/** Four messages of which one is not acknowledged. */
async function held(client: ChannelModel, out: Channel): Promise<void> {
  for (let at = 0; at < 4; at++) out.sendToQueue('flow.held', Buffer.from('12345'), { persistent: true })
  const into = await client.createChannel()
  const late = Date.now() + 5000
  while ((await into.get('flow.held')) === false) if (Date.now() > late) throw new Error('nothing came to flow.held')
}

const timers = new WeakMap<Channel, NodeJS.Timeout>()

async function flowOf(client: ChannelModel, out: Channel): Promise<void> {
  const into = await client.createChannel()
  await into.consume('flow.a', (message) => message !== null && into.ack(message))
  timers.set(
    out,
    setInterval(() => out.publish('x', 'a.b', Buffer.from('12345')), MS_BETWEEN_MESSAGES),
  )
}

const endOf = (target: Target, client: ChannelModel, out: Channel) => async () => {
  clearInterval(timers.get(out))
  await client.close()
  await ask(target, { method: 'DELETE', path: '/api/vhosts/flow' })
}

/** A row that is answered with 200 unless told. */
export type Asked = Omit<Row, 'status'> & Partial<Row>

/** Rows that are asked of what flows: fields with their types, and no values. */
export const ofFlow = (rows: readonly Asked[]): Row[] => rows.map((row) => ({ status: 200, values: false, ...row }))
