/** The page of users: who is made there can connect by AMQP and do what was permitted, and no more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChannelModel } from 'amqplib'
import { connectAs, KEPT_OUT } from './amqp-clients.ts'
import { startConsole } from './real-broker.ts'

test('users', async (t) => {
  const console = await startConsole(t)
  const channel = await console.amqp.createChannel()
  await channel.assertQueue('orders')

  await t.test('one that is made logs in by AMQP, and does what it may', async () => {
    await assert.rejects(connectAs(console, { user: 'packer' }), /ACCESS_REFUSED/)
    const page = await console.open('/users')
    await page.getByRole('button', { name: 'New user' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('packer')
    await dialog.getByLabel('Password', { exact: true }).fill('packer')
    await dialog.getByRole('button', { name: 'Make user' }).click()
    await page.getByRole('heading', { level: 1, name: 'packer' }).waitFor()
    const client = await connectAs(console, { user: 'packer' })
    assert.equal(await declares(client, 'from-packer'), true)

    await page
      .getByRole('row', { name: /everything/ })
      .getByRole('button', { name: /Actions/ })
      .click()
    await page.getByRole('menuitem', { name: 'Change…' }).click()
    await dialog.getByRole('button', { name: 'Publish', exact: true }).click()
    await dialog.getByRole('button', { name: 'Set permissions' }).click()
    await page.getByRole('row', { name: /Publish/ }).waitFor()
    assert.equal(await declares(client, 'refused-to-packer'), false)

    await page
      .getByRole('row', { name: /Publish/ })
      .getByRole('button', { name: /Actions/ })
      .click()
    await page.getByRole('menuitem', { name: 'Take away…' }).click()
    await dialog.getByRole('button', { name: 'Take permissions away' }).click()
    await page.getByText('packer may enter no vhost').waitFor()
    await assert.rejects(connectAs(console, { user: 'packer' }), KEPT_OUT)
    await client.close().catch(() => {})
  })

  await t.test('another password counts from the next login on, and other roles leave it alone', async () => {
    await console.ask('/permissions/%2F/packer', { configure: '', write: '', read: '' })
    const page = await console.open('/users/packer')
    const dialog = page.getByRole('dialog')
    await page.getByRole('button', { name: 'Edit' }).click()
    await dialog.getByLabel('Monitoring').check()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('monitoring', { exact: true }).waitFor()
    await (await connectAs(console, { user: 'packer' })).close()
    await page.getByRole('button', { name: 'Edit' }).click()
    await dialog.getByLabel('New password').fill('another')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.waitFor({ state: 'detached' })
    await assert.rejects(connectAs(console, { user: 'packer' }), /ACCESS_REFUSED/)
    await (await connectAs(console, { user: 'packer', password: 'another' })).close()
  })

  await t.test('what the role does not allow is not offered', async () => {
    const page = await console.open('/connections', undefined, ['packer', 'another'])
    const sections = page.getByRole('navigation', { name: 'Sections' })
    await sections.getByRole('link', { name: 'Node' }).waitFor()
    assert.equal(await sections.getByRole('link', { name: 'Users' }).count(), 0)
    assert.equal(await sections.getByRole('link', { name: 'Definitions' }).count(), 0)
    await page
      .getByRole('row', { name: /the test/ })
      .getByRole('button', { name: /Actions/ })
      .click()
    assert.equal(await page.getByRole('menuitem', { name: 'Close…' }).getAttribute('aria-disabled'), 'true')
    await page.goto(`${console.url}/policies`)
    await page.getByText('No policies yet').waitFor()
    assert.equal(await page.getByRole('button', { name: 'New policy' }).count(), 0)
    await page.goto(`${console.url}/users`)
    await page.getByText('For users with the tag administrator').waitFor()
  })

  await t.test('a limit holds for connections to come', async () => {
    const page = await console.open('/users/packer')
    await page.getByRole('button', { name: 'Set limits' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Most connections').fill('0')
    await dialog.getByRole('button', { name: 'Set limits' }).click()
    await dialog.waitFor({ state: 'detached' })
    await assert.rejects(connectAs(console, { user: 'packer', password: 'another' }), KEPT_OUT)
  })

  await t.test('one is deleted by its name, and a warning stands before oneself', async () => {
    const page = await console.open('/users')
    const dialog = page.getByRole('dialog')
    const remove = async (name: string): Promise<void> => {
      await page.getByRole('button', { name: `Actions of ${name}` }).click()
      await page.getByRole('menuitem', { name: 'Delete…' }).click()
    }
    await remove('guest')
    await dialog.getByText('This is you.').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await remove('packer')
    assert.equal(await dialog.getByRole('button', { name: 'Delete user' }).isDisabled(), true)
    await dialog.getByRole('textbox').fill('packer')
    await dialog.getByRole('button', { name: 'Delete user' }).click()
    await page.getByRole('row', { name: /packer/ }).waitFor({ state: 'detached' })
    await assert.rejects(connectAs(console, { user: 'packer', password: 'another' }), /ACCESS_REFUSED/)
  })
})

/** Whether a client may declare a queue of that name. */
async function declares(client: ChannelModel, queue: string): Promise<boolean> {
  const channel = await client.createChannel()
  channel.on('error', () => {})
  return channel.assertQueue(queue).then(
    () => true,
    (error: Error) => {
      assert.match(error.message, /ACCESS_REFUSED/)
      return false
    },
  )
}
