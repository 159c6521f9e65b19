/**
 * A shop of small services in TypeScript: one is asked for prices, orders are events, mails are jobs that follow from
 * them, a digest is due by the clock, a sale is told to everyone; and processes die in the middle of it.
 */
import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from '@signalbox/client'
import { connect as connectAmqp } from 'amqplib'
import { killChild, startChild, stopChild } from '../child.ts'
import { example } from '../example.ts'
import { mails, orders, prices, sales } from './shop.ts'

const ordersEach = 40
const mailed: string[] = []
const digests: number[] = []

await example('services', async ({ amqpUrl }, prove) => {
  const client = await connect({ url: amqpUrl, name: 'shop' })
  const start = async (program: string, ...args: string[]): Promise<ChildProcess> => {
    const [child] = await startChild(new URL(program, import.meta.url), args, amqpUrl)
    child.on('message', (told: { mailed?: string; digest?: number }) => {
      if (told.mailed !== undefined) mailed.push(told.mailed)
      if (told.digest !== undefined) digests.push(told.digest)
    })
    return child
  }

  // Nobody answers yet: the request waits in the queue, as long as it has time.
  const early = prices(client).call('price', { item: 'pot' }, { timeoutMs: 20_000 })
  await sleep(200)
  const pricing = await start('prices.ts')
  prove(`a call before its service was there was answered: ${await early}`, (await early) === 2400)

  const unknown = await prices(client)
    .call('price', { item: 'moon' })
    .catch((error) => error)
  prove(
    `what the service throws comes back: ${unknown.remoteName ?? unknown.name}: ${unknown.message}`,
    /we have no moon/.test(unknown.message),
  )

  const [first, second] = await Promise.all([start('mailer.ts', 'dies'), start('mailer.ts')])
  const died = new Promise((resolve) => first.once('exit', resolve))
  const place = async (item: string, cents: number) => orders(client).publish('order.placed', { item, cents })
  const placed = await Promise.all(
    Array.from({ length: ordersEach }, async () => place('cup', await prices(client).call('price', { item: 'cup' }))),
  )
  await died
  const third = await start('mailer.ts')
  await place('bomb', 1)
  while (new Set(mailed).size < ordersEach) await sleep(20)
  prove(
    `${placed.length} orders, a mailer killed in a mail, a mail server that fails: ${new Set(mailed).size} were mailed`,
    new Set(mailed).size === ordersEach,
  )

  const dead = mails(client).dead('receipt')
  while ((await dead.count()) === 0) await sleep(20)
  const [letter] = await dead.list()
  prove(`a mail that cannot be sent is a dead letter: ${letter?.error?.message}`, letter?.data.item === 'bomb')

  for (const scheduler of [client, await connect(amqpUrl)]) {
    await mails(scheduler).schedule('digest', { everyMs: 200 }, 'digest', { of: 'the day' })
    if (scheduler !== client) await scheduler.close()
  }
  while (digests.length < 5) await sleep(20)
  await mails(client).unschedule('digest')
  prove(
    `two schedulers, one of them gone: each tick came once, ${digests.length} of them`,
    new Set(digests).size === digests.length,
  )

  await sales(client).send({})
  while ((await prices(client).call('price', { item: 'pot' })) !== 1200) await sleep(10)
  prove('everyone hears of the sale: a pot is half the price', true)

  await killChild(pricing)
  await Promise.all([second, third].map(stopChild))
  await client.close()
  await cleanUp(amqpUrl)
})

async function cleanUp(amqpUrl: string): Promise<void> {
  const connection = await connectAmqp(amqpUrl)
  const channel = await connection.createChannel()
  const orders = 'examples.shop.orders'
  const mails = 'examples.mails'
  const prices = 'service:examples.prices'
  for (const queue of [`${orders}:mailers`, `${mails}:receipt`, `${mails}:digest`]) {
    await channel.deleteQueue(queue)
    await channel.deleteQueue(`${queue}:dead`)
    await channel.deleteExchange(`${queue}:dead`)
  }
  await channel.deleteQueue(`${prices}:price`)
  for (const exchange of [orders, mails, `${prices}:cancel`, 'broadcast:examples.sales']) {
    await channel.deleteExchange(exchange)
  }
  await connection.close()
}
