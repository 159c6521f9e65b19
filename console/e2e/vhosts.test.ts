/** The pages of vhosts and of the node: clients connect to a vhost that was made there, and lose it when it is deleted. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connectAs, KEPT_OUT } from './amqp-clients.ts'
import { startConsole } from './real-broker.ts'

test('vhosts and the node', async (t) => {
  const console = await startConsole(t)

  await t.test('one is made as described, and clients connect to it', async () => {
    await assert.rejects(connectAs(console, { vhost: 'staging' }), KEPT_OUT)
    const page = await console.open('/vhosts')
    await page.getByRole('button', { name: 'New vhost' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('staging')
    await dialog.getByLabel('Description').fill('Where releases are tried out')
    await dialog.getByLabel('Tags').fill('test, eu')
    await dialog.getByLabel('New queues are').selectOption('quorum')
    await dialog.getByRole('button', { name: 'Make vhost' }).click()
    await page.getByRole('heading', { level: 1, name: 'staging' }).waitFor()
    await page.getByText('Where releases are tried out').first().waitFor()
    const client = await connectAs(console, { vhost: 'staging' })
    await (await client.createChannel()).assertQueue('new')
    assert.equal((await console.ask<{ type: string }>('/queues/staging/new')).type, 'quorum')
    await client.close()
  })

  await t.test('another user is let in', async () => {
    await console.ask('/users/tester', { password: 'tester', tags: '' })
    await assert.rejects(connectAs(console, { user: 'tester', vhost: 'staging' }), KEPT_OUT)
    const page = await console.open('/vhosts/staging')
    await page.getByRole('button', { name: 'Let a user in' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('User').selectOption('tester')
    await dialog.getByRole('button', { name: 'Set permissions' }).click()
    await page.getByRole('row', { name: /tester/ }).waitFor()
    await (await connectAs(console, { user: 'tester', vhost: 'staging' })).close()
  })

  await t.test('a protected one cannot be deleted; another goes with its connections', async () => {
    const page = await console.open('/vhosts/staging')
    const change = async (title: string): Promise<void> => {
      await page.getByRole('button', { name: 'Change', exact: true }).click()
      await page.getByRole('menuitem', { name: title }).click()
    }
    await change('Protect from deletion')
    await page.getByText('protected', { exact: true }).first().waitFor()
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    const refused = page.getByRole('menuitem', { name: 'Delete (protected)' })
    assert.equal(await refused.getAttribute('aria-disabled'), 'true')
    await page.keyboard.press('Escape')
    await change('Allow deletion')
    await page.getByText('possible', { exact: true }).waitFor()
    const client = await connectAs(console, { vhost: 'staging' })
    const ended = once(client, 'close') as Promise<[Error]>
    await change('Delete…')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill('staging')
    await dialog.getByRole('button', { name: 'Delete vhost' }).click()
    await page.getByRole('heading', { level: 1, name: 'Vhosts' }).waitFor()
    assert.match((await ended)[0].message, /vhost 'staging' is deleted|CONNECTION_FORCED/)
    await assert.rejects(connectAs(console, { vhost: 'staging' }), KEPT_OUT)
  })

  await t.test('the node shows its ports, its settings and that it is well', async () => {
    const page = await console.open('/nodes')
    for (const protocol of ['amqp', 'kafka', 'http']) {
      const check = page.getByRole('listitem').filter({ hasText: `${protocol} listens on port` })
      await check.getByText('ok', { exact: true }).waitFor()
      await page.getByRole('cell', { name: protocol, exact: true }).waitFor()
    }
    await page.getByText('Serves clients').waitFor()
    await page.getByText('Program and system').waitFor()
    await page.getByText('A publish is confirmed when').waitFor()
    assert.equal(await page.getByText('failed', { exact: true }).count(), 0)
  })
})
