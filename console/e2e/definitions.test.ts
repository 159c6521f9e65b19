/** The page of definitions: what was taken out comes back in, and what cannot come in is named. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { connectAs } from './amqp-clients.ts'
import { startConsole } from './real-broker.ts'

test('definitions', async (t) => {
  const console = await startConsole(t)
  const channel = await console.amqp.createConfirmChannel()
  await channel.assertExchange('shop', 'topic')
  await channel.assertQueue('orders', { maxLength: 7 })
  await channel.bindQueue('orders', 'shop', 'order.#')
  let exported = ''

  await t.test('are saved as a file', async () => {
    const page = await console.open('/definitions')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ])
    assert.match(download.suggestedFilename(), /^signalbox-\d{4}-\d\d-\d\d\.json$/)
    exported = await readFile(await download.path(), 'utf8')
    const { queues, users } = JSON.parse(exported) as { queues: { name: string }[]; users: { name: string }[] }
    assert.ok(queues.some(({ name }) => name === 'orders'))
    assert.ok(users.some(({ name }) => name === 'guest'))
  })

  await t.test('make again what was deleted, so that messages are routed', async () => {
    await channel.deleteQueue('orders')
    await channel.deleteExchange('shop')
    const page = await console.open('/definitions')
    await choose(page, 'shop.json', exported)
    await page.getByText('1 bindings').waitFor()
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByText('Nothing was left out.').waitFor()
    channel.publish('shop', 'order.paid', Buffer.from('routed again'))
    await channel.waitForConfirms()
    const message = await channel.get('orders', { noAck: true })
    assert.equal(message ? message.content.toString() : null, 'routed again')
  })

  await t.test('go into one vhost', async () => {
    await console.ask('/vhosts/copy', {})
    const page = await console.open('/definitions')
    await page.getByLabel('Into').selectOption('copy')
    const queue = { name: 'copied', durable: true, auto_delete: false, arguments: {} }
    await choose(page, 'one.json', JSON.stringify({ queues: [queue] }))
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await page.getByText('Nothing was left out.').waitFor()
    const client = await connectAs(console, { vhost: 'copy' })
    assert.equal((await (await client.createChannel()).checkQueue('copied')).messageCount, 0)
    await client.close()
  })

  await t.test('name what was left out, and refuse what is none', async () => {
    const page = await console.open('/definitions')
    const base = { vhost: '/', durable: true, auto_delete: false }
    const odd = [
      { ...base, name: 'fine', arguments: {} },
      { ...base, name: 'odd', arguments: { 'x-message-ttl': -5 } },
    ]
    await choose(page, 'odd.json', JSON.stringify({ queues: odd }))
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    const report = page.getByRole('status').filter({ hasText: 'left out' })
    await report.getByText(/queue 'odd'/).waitFor()
    assert.equal((await channel.checkQueue('fine')).messageCount, 0)
    await choose(page, 'text.json', 'not JSON at all')
    await page.getByText('text.json is no JSON').waitFor()
    await choose(page, 'wrong.json', JSON.stringify({ users: [{ tags: 5 }] }))
    await page.getByRole('button', { name: 'Import', exact: true }).click()
    await page
      .getByRole('alert')
      .getByText(/users\[0\]/)
      .waitFor()
  })
})

async function choose(page: Page, name: string, text: string): Promise<void> {
  await page
    .getByLabel(/Choose a file/)
    .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) })
}
