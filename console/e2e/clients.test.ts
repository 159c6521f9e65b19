/** The pages of connections, channels and consumers: what clients open is there, and a client that is closed is told why. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connectAs } from './amqp-clients.ts'
import { fits, PHONE, startConsole } from './real-broker.ts'

test('connections, channels and consumers', async (t) => {
  const console = await startConsole(t)
  const channel = await console.amqp.createConfirmChannel()
  await channel.assertQueue('orders')
  await channel.prefetch(3)
  const { consumerTag } = await channel.consume('orders', () => {}, { consumerTag: 'packer' })
  for (let n = 0; n < 5; n++) channel.sendToQueue('orders', Buffer.from(`order ${n}`))
  await channel.waitForConfirms()

  await t.test('are listed with what their clients say of themselves', async () => {
    const page = await console.open('/connections')
    const row = page.getByRole('row', { name: /the test/ })
    await row.getByText(/amqplib \d/).waitFor()
    await row.getByText('AMQP 0-9-1').waitFor()
    await row.getByRole('link', { name: /the test/ }).click()
    await page.getByRole('heading', { level: 1, name: 'the test' }).waitFor()
    await page
      .getByRole('row', { name: /confirms/ })
      .getByRole('cell', { name: '3', exact: true })
      .first()
      .waitFor()
    await page.getByRole('tab', { name: 'Client' }).click()
    await page.getByText('connection_name').waitFor()
    await page.getByRole('tab', { name: 'Channels' }).click()
    await page
      .getByRole('row', { name: /confirms/ })
      .getByRole('link')
      .click()
    await page.getByText('Prefetch').first().waitFor()
    await page
      .getByRole('row', { name: /packer/ })
      .getByRole('link', { name: 'orders' })
      .waitFor()
  })

  await t.test('show a consumer that holds as much as it may', async () => {
    const page = await console.open('/consumers')
    await page
      .getByRole('row', { name: /packer/ })
      .getByText('3 · full')
      .waitFor()
    await channel.cancel(consumerTag)
    await page.getByText('Nobody consumes').waitFor()
  })

  await t.test('a closed client is told the reason', async () => {
    const client = await connectAs(console, { name: 'to be closed' })
    const ended = once(client, 'close') as Promise<[Error]>
    const page = await console.open('/connections')
    await page
      .getByRole('row', { name: /to be closed/ })
      .getByRole('button', { name: /Actions/ })
      .click()
    await page.getByRole('menuitem', { name: 'Close…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Reason').fill('it is time to go')
    await dialog.getByRole('button', { name: 'Close connection' }).click()
    assert.match((await ended)[0].message, /CONNECTION_FORCED.*it is time to go/)
    await page.getByRole('row', { name: /to be closed/ }).waitFor({ state: 'detached' })
  })

  await t.test('fit on a phone', async () => {
    const page = await console.open('/connections', PHONE)
    await page.getByText('the test').first().waitFor()
    await fits(page)
  })
})
