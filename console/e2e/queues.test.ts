// Queues in the console: each thing done there is seen by a client of AMQP.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { said, startConsole, until } from './real-broker.ts'

test('queues in the console', async (t) => {
  const console = await startConsole(t)

  // Before others are made, for they are counted.
  await t.test('are listed by page, filtered and sorted by the broker, as the address says', async () => {
    const channel = await console.amqp.createConfirmChannel()
    for (let i = 0; i < 120; i++) await channel.assertQueue(`q-${String(i).padStart(3, '0')}`)
    channel.sendToQueue('q-077', Buffer.from('m'))
    await channel.waitForConfirms()
    const page = await console.open('/queues')
    await page.getByText('120 queues').waitFor()
    assert.equal(await page.locator('tbody tr').count(), 50)
    await page.getByRole('button', { name: 'Next page' }).click()
    await page.getByText('Page 2 of 3').waitFor()
    await page.getByRole('link', { name: 'q-050' }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'q-050' }).waitFor()
    await page.getByRole('button', { name: 'Ready' }).click()
    await page.locator('tbody tr').first().getByRole('link', { name: 'q-077' }).waitFor()
    await page.getByLabel('Filter queues by name').fill('11')
    await page.getByText('11 of 120 queues').waitFor()
    await page.waitForURL(/filter=11/)
    await page.getByLabel('Filter queues by name').fill('nothing')
    await page.getByText('No queue has “nothing” in its name').waitFor()
  })

  await t.test('are made with the arguments that were asked for', async () => {
    const page = await console.open('/queues')
    await page.getByRole('button', { name: 'New queue' }).first().click()
    await page.getByLabel('Name', { exact: true }).fill('jobs')
    await page.getByRole('radio', { name: /Quorum/ }).check()
    await page.getByText('Dead letters', { exact: true }).click()
    await page.getByLabel('Dead-letter exchange').fill('amq.fanout')
    await page.getByLabel('Delivery limit').fill('3')
    await page.getByRole('button', { name: 'Make queue' }).click()
    await page.getByRole('heading', { level: 1, name: 'jobs' }).waitFor()
    const channel = await console.amqp.createChannel()
    await channel.assertQueue('jobs', {
      durable: true,
      arguments: { 'x-queue-type': 'quorum', 'x-dead-letter-exchange': 'amq.fanout', 'x-delivery-limit': 3 },
    })
  })

  await t.test('take a message that is published there', async () => {
    const channel = await console.amqp.createChannel()
    await channel.assertQueue('inbox')
    const page = await console.open('/queues/%2F/inbox')
    await page.getByRole('button', { name: 'Publish' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Body', { exact: true }).fill('{"lamp": true}')
    await dialog.getByRole('button', { name: 'Add header' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('tries')
    await dialog.getByLabel('Value', { exact: true }).fill('2')
    await dialog.getByRole('button', { name: 'Publish' }).click()
    await said(page, 'Published to inbox')
    const got = await channel.get('inbox', { noAck: true })
    assert.ok(got)
    assert.equal(got.content.toString(), '{"lamp": true}')
    assert.equal(got.properties.contentType, 'application/json')
    assert.equal(got.properties.deliveryMode, 2)
    assert.deepEqual(got.properties.headers, { tries: 2 })
  })

  await t.test('are paused and go on', async () => {
    const channel = await console.amqp.createChannel()
    await channel.assertQueue('slow')
    let seen = 0
    await channel.consume('slow', () => seen++, { noAck: true })
    const page = await console.open('/queues/%2F/slow')
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Pause' }).click()
    await page.getByText('paused', { exact: true }).waitFor()
    channel.sendToQueue('slow', Buffer.from('m'))
    await until(async () => (await channel.checkQueue('slow')).messageCount === 1)
    assert.equal(seen, 0)
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Resume' }).click()
    await until(() => seen === 1)
  })

  await t.test('are emptied and deleted only by their name', async () => {
    const channel = await console.amqp.createConfirmChannel()
    await channel.assertQueue('doomed')
    for (let i = 0; i < 3; i++) channel.sendToQueue('doomed', Buffer.from('m'))
    await channel.waitForConfirms()
    const page = await console.open('/queues/%2F/doomed')
    const act = async (item: string, button: string): Promise<void> => {
      await page.getByRole('button', { name: 'More', exact: true }).click()
      await page.getByRole('menuitem', { name: item }).click()
      const sure = page.getByRole('dialog').getByRole('button', { name: button })
      assert.ok(await sure.isDisabled())
      await page.getByRole('dialog').getByRole('textbox').fill('doomed')
      await sure.click()
      await page.getByRole('dialog').waitFor({ state: 'hidden' })
    }
    await act('Purge…', 'Purge')
    assert.equal((await channel.checkQueue('doomed')).messageCount, 0)
    await act('Delete…', 'Delete queue')
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor()
    await assert.rejects(console.ask('/queues/%2F/doomed'), /404/)
  })

  await t.test('have their messages moved, and their dead letters sent back', async () => {
    const channel = await console.amqp.createConfirmChannel()
    await channel.assertExchange('dlx', 'fanout')
    await channel.assertQueue('work', { deadLetterExchange: 'dlx' })
    await channel.assertQueue('dead')
    await channel.assertQueue('elsewhere')
    await channel.bindQueue('dead', 'dlx', '')
    for (const body of ['keep', 'take', 'take']) channel.sendToQueue('work', Buffer.from(body))
    await channel.waitForConfirms()
    for (let i = 0; i < 3; i++) channel.reject((await channel.get('work')) as never, false)
    await until(async () => (await channel.checkQueue('dead')).messageCount === 3)
    const page = await console.open('/queues/%2F/dead')
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Move messages…' }).click()
    await page.getByLabel('Queue', { exact: true }).fill('elsewhere')
    await page.getByLabel('Only with this text').fill('take')
    await page.getByRole('button', { name: 'Move', exact: true }).click()
    await said(page, 'Moved 2 messages')
    assert.equal((await channel.checkQueue('elsewhere')).messageCount, 2)
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Redrive dead letters…' }).click()
    await page.getByRole('button', { name: 'Redrive', exact: true }).click()
    await said(page, 'Sent back 1 message')
    const got = await channel.get('work', { noAck: true })
    assert.equal(got ? got.content.toString() : null, 'keep')
  })

  await t.test('have their arguments changed', async () => {
    await console.ask('/queues/%2F/limited', {
      durable: true,
      arguments: { 'x-max-length': 10, 'x-message-ttl': 60000 },
    })
    const page = await console.open('/queues/%2F/limited?tab=settings')
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Value', { exact: true }).first().fill('2')
    await dialog.getByRole('button', { name: 'Remove' }).nth(1).click()
    await dialog.getByRole('button', { name: 'Change', exact: true }).click()
    await said(page, 'Arguments changed')
    const channel = await console.amqp.createConfirmChannel()
    await channel.assertQueue('limited', { arguments: { 'x-max-length': 2 } })
    for (let i = 0; i < 5; i++) channel.sendToQueue('limited', Buffer.from('m'))
    await channel.waitForConfirms()
    assert.equal((await channel.checkQueue('limited')).messageCount, 2)
  })

  await t.test('show who consumes', async () => {
    const channel = await console.amqp.createChannel()
    await channel.assertQueue('eaten')
    await channel.prefetch(7)
    await channel.consume('eaten', () => {}, { consumerTag: 'eater' })
    const page = await console.open('/queues/%2F/eaten?tab=consumers')
    const row = page.getByRole('row', { name: /eater/ })
    await row.getByText('7', { exact: true }).waitFor()
  })

  await t.test('hide and show columns for good', async () => {
    await console.ask('/queues/%2F/q', {})
    const page = await console.open('/queues')
    await page.getByRole('button', { name: 'Choose columns' }).click()
    await page.getByRole('menuitemcheckbox', { name: 'Bytes' }).click()
    await page.keyboard.press('Escape')
    await page.reload()
    await page.getByRole('columnheader', { name: 'Bytes' }).waitFor()
  })
})
