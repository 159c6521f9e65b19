// Exchanges and bindings in the console: what is made there routes what a client of AMQP publishes.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { said, startConsole } from './real-broker.ts'

test('exchanges in the console', async (t) => {
  const console = await startConsole(t)

  await t.test('are made, bound, published to and deleted', async () => {
    const channel = await console.amqp.createConfirmChannel()
    await channel.assertQueue('parcels')
    const page = await console.open('/exchanges')
    await page.getByRole('button', { name: 'New exchange' }).click()
    await page.getByLabel('Name', { exact: true }).fill('post')
    await page.getByLabel('Type', { exact: true }).selectOption('topic')
    await page.getByRole('button', { name: 'Make exchange' }).click()
    await page.getByRole('heading', { level: 1, name: 'post' }).waitFor()
    await channel.assertExchange('post', 'topic')

    await page.getByRole('button', { name: 'Bind', exact: true }).first().click()
    await page.getByLabel('Queue', { exact: true }).fill('parcels')
    await page.getByLabel('Routing key').fill('parcel.#')
    await page.getByRole('dialog').getByRole('button', { name: 'Bind' }).click()
    await page.getByRole('cell', { name: 'parcel.#' }).waitFor()
    channel.publish('post', 'parcel.big', Buffer.from('from a client'))
    await channel.waitForConfirms()

    await page.getByRole('button', { name: 'Publish' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Routing key').fill('letter')
    await dialog.getByLabel('Body', { exact: true }).fill('from the console')
    await dialog.getByRole('button', { name: 'Publish' }).click()
    await said(page, 'no queue takes this routing key')
    await dialog.getByLabel('Routing key').fill('parcel.small')
    await dialog.getByRole('button', { name: 'Publish' }).click()
    await said(page, 'Published and routed')
    for (const body of ['from a client', 'from the console']) {
      const got = await channel.get('parcels', { noAck: true })
      assert.equal(got ? got.content.toString() : null, body)
    }

    await page
      .getByRole('row', { name: /parcel\.#/ })
      .getByRole('button', { name: /Actions/ })
      .click()
    await page.getByRole('menuitem', { name: 'Remove…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Remove binding' }).click()
    await page.getByText('Nothing is routed from here').waitFor()
    channel.publish('post', 'parcel.big', Buffer.from('nowhere to go'))
    await channel.waitForConfirms()
    assert.equal((await channel.checkQueue('parcels')).messageCount, 0)

    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('textbox').fill('post')
    await page.getByRole('button', { name: 'Delete exchange' }).click()
    await page.getByRole('heading', { level: 1, name: 'Exchanges' }).waitFor()
    await assert.rejects(console.ask('/exchanges/%2F/post'), /404/)
  })

  await t.test('say in the broker’s words why something was refused', async () => {
    const page = await console.open('/exchanges?new=1')
    await page.getByLabel('Name', { exact: true }).fill('amq.mine')
    await page.getByRole('button', { name: 'Make exchange' }).click()
    await said(page, /reserved prefix|amq\./)
    await page.getByRole('dialog').waitFor()
  })
})
