/** The topology page: what it draws is what clients declared and move, and it traces as the broker routes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { PHONE, startConsole } from './real-broker.ts'

test('topology', async (t) => {
  const console = await startConsole(t)
  const channel = await console.amqp.createConfirmChannel()

  await t.test('says so when nothing is routed', async () => {
    const page = await console.open('/topology')
    await page.getByText('Nothing is routed here yet').waitFor()
    await page.context().close()
  })

  await channel.assertExchange('lost', 'fanout')
  await channel.assertExchange('events', 'topic', { alternateExchange: 'lost' })
  await channel.assertQueue('lost-and-found')
  await channel.bindQueue('lost-and-found', 'lost', '')
  await channel.assertQueue('orders', { deadLetterExchange: 'lost' })
  await channel.bindQueue('orders', 'events', 'order.*')
  await channel.assertQueue('audit')
  await channel.bindQueue('audit', 'events', 'order.#')
  await channel.consume('audit', (message) => message && channel.ack(message))

  await t.test('draws what was declared, and what is pointed at in full', async () => {
    const page = await console.open('/topology')
    for (const name of ['Exchange events', 'Exchange lost', 'Queue orders', 'Queue audit'])
      await node(page, name).waitFor()
    await page.locator('.react-flow__edge').first().waitFor({ state: 'attached' })
    await page.getByText('order.*').waitFor()
    await page.getByRole('list', { name: 'Legend' }).getByText('dead letters').waitFor()
    await node(page, 'Queue orders').click()
    const panel = page.getByRole('region', { name: 'Queue orders' })
    await panel.getByRole('button', { name: /events/ }).waitFor()
    await panel.getByRole('button', { name: /lost.*dead letters/ }).waitFor()
    await panel.getByRole('link', { name: 'Open queue' }).click()
    await page.waitForURL('**/queues/%2F/orders')
    await page.context().close()
  })

  await t.test('is reached by keyboard', async () => {
    const page = await console.open('/topology')
    await node(page, 'Queue audit').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('region', { name: 'Queue audit' }).waitFor()
    await page.context().close()
  })

  await t.test('traces where a message goes, as the broker then routes it', async () => {
    const page = await console.open('/topology')
    await page.getByRole('button', { name: 'Trace a message' }).click()
    const panel = page.getByRole('region', { name: 'Trace a message' })
    const ask = async (exchange: string, key: string): Promise<void> => {
      await panel.getByLabel('Exchange or topic').fill(exchange)
      await panel.getByLabel('Routing key').fill(key)
      await panel.getByRole('button', { name: 'Trace', exact: true }).click()
    }
    await ask('events', 'order.paid')
    await panel.getByText('2 targets').waitFor()
    const lit = page.locator('.topo-target')
    assert.deepEqual((await lit.locator('.font-medium').allTextContents()).sort(), ['audit', 'orders'])
    channel.publish('events', 'order.paid', Buffer.from('as traced'))
    await channel.waitForConfirms()
    assert.equal((await channel.checkQueue('orders')).messageCount, 1)

    await ask('events', 'something.else')
    await panel.getByText('alternate exchange').waitFor()
    await panel.getByRole('link', { name: 'lost-and-found' }).waitFor()
    await ask('amq.direct', 'nobody')
    await panel.getByText('Unroutable').waitFor()
    assert.equal(await lit.count(), 0)

    const again = await console.open('/topology?exchange=events&key=order.paid')
    await again.getByText('2 targets').waitFor()
    for (const one of [page, again]) await one.context().close()
  })

  await t.test('keeps its places while things come and are filtered', async () => {
    const page = await console.open('/topology')
    // In the drawing, that is; the view of it may move, and publishers come and go with their rate.
    const place = async () => /translate\([^)]*\)/.exec((await node(page, 'Queue orders').getAttribute('style'))!)![0]
    const before = await place()
    await channel.assertQueue('newcomer')
    await channel.bindQueue('newcomer', 'events', 'new.#')
    await node(page, 'Queue newcomer').waitFor({ state: 'attached' })
    assert.equal(await place(), before)
    await page.getByLabel('Find by name').fill('newcomer')
    await node(page, 'Queue orders').waitFor({ state: 'detached' })
    await node(page, 'Exchange events').waitFor()
    await page.context().close()
  })

  await t.test('is a list on a phone', async () => {
    const page = await console.open('/topology', PHONE)
    const flows = page.getByRole('list', { name: 'Flows' })
    await flows.getByRole('button', { name: /binding order\.\*.*orders/ }).waitFor()
    assert.equal(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0)
    await page.context().close()
  })

  await t.test('folds hundreds of alike queues, and opens them', async () => {
    await channel.assertExchange('many', 'direct')
    for (let n = 0; n < 500; n++) {
      await channel.assertQueue(`job-${n}`)
      await channel.bindQueue(`job-${n}`, 'many', `key-${n}`)
    }
    const page = await console.open('/topology?limit=1000&find=job-')
    const stack = node(page, '500 queues, alike')
    await stack.waitFor()
    await stack.click()
    await page.locator('.react-flow__node[aria-label^="Queue job-"]').nth(5).waitFor()
    await stack.waitFor({ state: 'detached' })
    const few = await console.open('/topology?limit=200')
    await few.getByText(/\d+ more are not shown/).waitFor()
    for (const one of [page, few]) await one.context().close()
  })
})

const node = (page: Page, label: string) => page.locator(`.react-flow__node[aria-label="${label}"]`)
