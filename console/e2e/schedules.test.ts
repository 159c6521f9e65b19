// Schedules in the console: what is made there ticks for clients of AMQP, is run by hand, and takes other times.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextOf } from './amqp-clients.ts'
import { PHONE, said, startConsole } from './real-broker.ts'

test('schedules in the console', async (t) => {
  const console = await startConsole(t)

  await t.test('are made with their times and their message, run by hand, changed, and tick', async () => {
    const channel = await console.amqp.createChannel()
    await channel.assertQueue('chores')
    const page = await console.open('/exchanges?new=1')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).first().fill('nightly')
    await dialog.getByLabel('Type', { exact: true }).selectOption('x-schedule')
    await dialog.getByRole('button', { name: 'Each day at 3:00' }).click()
    await dialog.getByLabel('Time zone').fill('Europe/Berlin')
    await dialog.getByLabel('Ticks that are missed').selectOption('skip')
    await dialog.getByLabel('Payload', { exact: true }).fill('{"task":"tidy up"}')
    await dialog.getByRole('button', { name: 'Add header' }).click()
    await dialog.getByLabel('Name', { exact: true }).last().fill('tenant')
    await dialog.getByLabel('Value', { exact: true }).fill('acme')
    await dialog.getByRole('button', { name: 'Make exchange' }).click()
    await page.getByRole('heading', { level: 1, name: 'nightly' }).waitFor()
    // As an AMQP client would declare it.
    await channel.assertExchange('nightly', 'x-schedule', {
      durable: true,
      arguments: {
        'x-cron': '0 3 * * *',
        'x-timezone': 'Europe/Berlin',
        'x-missed': 'skip',
        'x-payload': '{"task":"tidy up"}',
        'x-properties': { content_type: 'application/json', headers: { tenant: 'acme' } },
      },
    })
    await page.getByText('Europe/Berlin').waitFor()
    await page.getByText('none yet').waitFor()

    await page.getByRole('button', { name: 'Run now' }).click()
    await said(page, 'Published, but nothing is bound to nightly')
    await channel.bindQueue('chores', 'nightly', '')
    await page.getByRole('button', { name: 'Run now' }).click()
    await said(page, 'Published the message of nightly')
    const byHand = await nextOf(channel, 'chores')
    assert.equal(byHand.content.toString(), '{"task":"tidy up"}')
    assert.deepEqual(byHand.properties.headers, { tenant: 'acme' })

    await page.getByRole('button', { name: 'Change', exact: true }).click()
    await dialog.getByRole('button', { name: 'Every so often' }).click()
    await dialog.getByLabel('Every', { exact: true }).fill('1')
    await dialog.getByLabel('Unit').selectOption('seconds')
    await dialog.getByLabel('Payload', { exact: true }).fill('{"task":"look"}')
    await dialog.getByRole('button', { name: 'Change', exact: true }).click()
    await said(page, 'Changed nightly')
    const tick = await nextOf(channel, 'chores')
    assert.equal(tick.content.toString(), '{"task":"look"}')
    assert.equal(tick.properties.headers?.['x-schedule'], 'nightly')
    const { arguments: args } = await console.ask<{ arguments: object }>('/exchanges/%2F/nightly')
    assert.deepEqual(args, {
      'x-every': 1000,
      'x-missed': 'skip',
      'x-payload': '{"task":"look"}',
      'x-properties': { content_type: 'application/json', headers: { tenant: 'acme' } },
    })
  })

  await t.test('say in the broker’s words what is wrong with their times', async () => {
    const args = { 'x-cron': '0 3 * * *' }
    await console.ask('/exchanges/%2F/weekly', { type: 'x-schedule', arguments: args })
    const page = await console.open('/exchanges/%2F/weekly', PHONE)
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Cron expression').fill('0 3 * * MOONDAY')
    await dialog.getByRole('button', { name: 'Change', exact: true }).click()
    await said(page, "bad day of week: 'MOONDAY'")
    assert.deepEqual((await console.ask<{ arguments: object }>('/exchanges/%2F/weekly')).arguments, args)
  })
})
