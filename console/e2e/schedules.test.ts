// Schedules in the console: what is made there ticks for clients of AMQP, is run by hand, and takes other times.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Channel } from 'amqplib'
import { until } from '../../broker/test/http/both-worlds.ts'
import { noBrowser, openConsole, useBrowser } from './browser.ts'

/** Gets the next message of a queue, as soon as there is one. */
async function nextOf(channel: Channel, queue: string) {
  let got = await channel.get(queue, { noAck: true })
  await until(async () => (got ||= await channel.get(queue, { noAck: true })) !== false)
  assert.ok(got)
  return got
}

describe('schedules in the console', { skip: noBrowser }, () => {
  useBrowser()

  it('are made with their times and their message, run by hand, changed, and tick', async (t) => {
    const { page, worlds, open } = await openConsole(t)
    const channel = await (await worlds.amqp(t)).createChannel()
    await channel.assertQueue('chores')
    await open('/exchanges?new=1')
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
    await page.getByText('Published, but nothing is bound to nightly').first().waitFor()
    await channel.bindQueue('chores', 'nightly', '')
    await page.getByRole('button', { name: 'Run now' }).click()
    await page.getByText('Published the message of nightly').first().waitFor()
    const byHand = await nextOf(channel, 'chores')
    assert.equal(byHand.content.toString(), '{"task":"tidy up"}')
    assert.deepEqual(byHand.properties.headers, { tenant: 'acme' })

    await page.getByRole('button', { name: 'Change', exact: true }).click()
    await dialog.getByRole('button', { name: 'Every so often' }).click()
    await dialog.getByLabel('Every', { exact: true }).fill('1')
    await dialog.getByLabel('Unit').selectOption('seconds')
    await dialog.getByLabel('Payload', { exact: true }).fill('{"task":"look"}')
    await dialog.getByRole('button', { name: 'Change', exact: true }).click()
    await page.getByText('Changed nightly').first().waitFor()
    const tick = await nextOf(channel, 'chores')
    assert.equal(tick.content.toString(), '{"task":"look"}')
    assert.equal(tick.properties.headers?.['x-schedule'], 'nightly')
    const { arguments: args } = await worlds.get('/exchanges/%2F/nightly')
    assert.deepEqual(args, {
      'x-every': 1000,
      'x-missed': 'skip',
      'x-payload': '{"task":"look"}',
      'x-properties': { content_type: 'application/json', headers: { tenant: 'acme' } },
    })
  })

  it('say in the broker’s words what is wrong with their times', async (t) => {
    const { page, worlds, open } = await openConsole(t, { width: 390 })
    const args = { 'x-cron': '0 3 * * *' }
    await worlds.done('PUT', '/exchanges/%2F/nightly', { type: 'x-schedule', arguments: args })
    await open('/exchanges/%2F/nightly')
    await page.getByRole('button', { name: 'Change', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Cron expression').fill('0 3 * * MOONDAY')
    await dialog.getByRole('button', { name: 'Change', exact: true }).click()
    await page
      .getByText(/bad day of week: 'MOONDAY'/)
      .first()
      .waitFor()
    assert.deepEqual((await worlds.get('/exchanges/%2F/nightly')).arguments, args)
  })
})
