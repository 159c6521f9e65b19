/** The page of policies: what is set there holds for queues that clients have declared, at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { connectAs, KEPT_OUT } from './amqp-clients.ts'
import { startConsole } from './real-broker.ts'

test('policies and limits', async (t) => {
  const console = await startConsole(t)
  const channel = await console.amqp.createConfirmChannel()
  for (const queue of ['jobs.fast', 'jobs.slow', 'Jobs.other', 'mail']) await channel.assertQueue(queue)

  await t.test('a policy shows what it will apply to, and then applies', async () => {
    const page = await console.open('/policies')
    await page.getByRole('button', { name: 'New policy' }).first().click()
    const dialog = page.getByRole('dialog')
    const preview = dialog.getByRole('region', { name: 'What it applies to now' })
    await dialog.getByLabel('Name', { exact: true }).fill('short')
    await dialog.getByLabel('Pattern').fill('^jobs\\.[')
    await preview.getByText('This is no regular expression').waitFor()
    await dialog.getByLabel('Pattern').fill('^jobs\\.')
    await preview.getByText('2 queues', { exact: true }).waitFor()
    assert.deepEqual(await preview.getByRole('listitem').allInnerTexts().then(names), ['jobs.fast', 'jobs.slow'])
    await dialog.getByLabel('Add a setting').selectOption('max-length')
    await dialog.getByLabel('Most messages').fill('2')
    await dialog.getByRole('button', { name: 'Make policy' }).click()
    await page.getByRole('row', { name: /short/ }).getByText('max-length=2').waitFor()

    for (let n = 0; n < 5; n++) for (const queue of ['jobs.fast', 'mail']) channel.sendToQueue(queue, Buffer.from('x'))
    await channel.waitForConfirms()
    assert.equal((await channel.checkQueue('jobs.fast')).messageCount, 2)
    assert.equal((await channel.checkQueue('mail')).messageCount, 5)
  })

  await t.test('another of lower priority says that it yields, is changed and is deleted', async () => {
    const page = await console.open('/policies')
    await page.getByRole('button', { name: 'New policy' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('wide')
    await dialog.getByLabel('Pattern').fill('jobs')
    await dialog.getByLabel('Priority').fill('-1')
    await dialog.getByText('keeps short').first().waitFor()
    await dialog.getByLabel('Add a setting').selectOption('overflow')
    await dialog.getByLabel('When it is full').selectOption('reject-publish')
    await dialog.getByRole('button', { name: 'Make policy' }).click()
    await act(page, /short/, 'Edit…')
    await dialog.getByLabel('Most messages').fill('3')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await page.getByText('max-length=3').waitFor()
    for (let n = 0; n < 5; n++) channel.sendToQueue('jobs.fast', Buffer.from('x'))
    await channel.waitForConfirms()
    assert.equal((await channel.checkQueue('jobs.fast')).messageCount, 3)

    await act(page, /short/, 'Delete…')
    await dialog.getByRole('button', { name: 'Delete policy' }).click()
    await page.getByRole('row', { name: /short/ }).waitFor({ state: 'detached' })
    const { policy } = await console.ask<{ policy: string }>('/queues/%2F/jobs.fast')
    assert.equal(policy, 'wide')
  })

  await t.test('an operator policy bounds what a policy sets', async () => {
    const page = await console.open('/policies?tab=operator')
    await page.getByRole('button', { name: 'New operator policy' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('bound')
    await dialog.getByLabel('Pattern').fill('^mail$')
    const offered = await dialog.getByLabel('Add a setting').locator('option').allInnerTexts()
    assert.ok(!offered.includes('Dead-letter exchange'), offered.join())
    await dialog.getByLabel('Add a setting').selectOption('max-length')
    await dialog.getByLabel('Most messages').fill('1')
    await dialog.getByRole('button', { name: 'Make operator policy' }).click()
    await page.getByRole('row', { name: /bound/ }).waitFor()
    channel.sendToQueue('mail', Buffer.from('x'))
    await channel.waitForConfirms()
    assert.equal((await channel.checkQueue('mail')).messageCount, 1)
  })

  await t.test('a limit of a vhost keeps further connections out', async () => {
    const page = await console.open('/policies?tab=limits')
    await page.getByRole('button', { name: 'Limit a vhost' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Most connections').fill('1')
    await dialog.getByRole('button', { name: 'Set limits' }).click()
    await page
      .getByRole('row', { name: /Set|\// })
      .getByRole('cell', { name: '1', exact: true })
      .waitFor()
    await assert.rejects(connectAs(console), KEPT_OUT)
    await act(page, /\//, 'Set limits…')
    await dialog.getByLabel('Most connections').fill('')
    await dialog.getByRole('button', { name: 'Set limits' }).click()
    await page.getByText('No vhost is limited').waitFor()
    await (await connectAs(console)).close()
  })
})

const names = (texts: string[]): string[] => texts.map((text) => text.split('\n').at(-1)!.trim()).sort()

/** Chooses from the menu of a row. */
async function act(page: Page, row: RegExp, title: string): Promise<void> {
  await page
    .getByRole('row', { name: row })
    .getByRole('button', { name: /Actions/ })
    .last()
    .click()
  await page.getByRole('menuitem', { name: title }).click()
}
