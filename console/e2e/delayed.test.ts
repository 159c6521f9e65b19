// Messages that wait for their time, in the console: looked at, delivered at once, taken away.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../../broker/test/http/both-worlds.ts'
import { noBrowser, openConsole, useBrowser } from './browser.ts'

describe('delayed messages in the console', { skip: noBrowser }, () => {
  useBrowser()

  it('are shown by their times, delivered at once, and taken away', async (t) => {
    const { page, worlds, open } = await openConsole(t)
    const channel = await (await worlds.amqp(t)).createConfirmChannel()
    await channel.assertExchange('reminders', 'x-delayed-message', { arguments: { 'x-delayed-type': 'fanout' } })
    await channel.assertQueue('mail')
    await channel.bindQueue('mail', 'reminders', '')
    for (const [text, hours] of [
      ['later', 3],
      ['sooner', 1],
      ['latest', 5],
    ] as const) {
      const headers = { 'x-delay': hours * 3_600_000 }
      channel.publish('reminders', text, Buffer.from(`comes ${text}`), { headers, persistent: true })
    }
    await channel.waitForConfirms()
    await open('/exchanges/%2F/reminders')
    await page.getByText(/the next comes in (1 h|60 min|59 min)/).waitFor()
    await page.getByRole('tab', { name: /Delayed/ }).click()
    const rows = page.getByRole('list', { name: 'Delayed messages' }).getByRole('listitem')
    await rows.first().waitFor()
    const texts = await rows.allInnerTexts()
    assert.deepEqual(
      texts.map((text) => /comes (\w+)/.exec(text)?.[1]),
      ['sooner', 'later', 'latest'],
    )

    await rows.filter({ hasText: 'comes later' }).getByRole('button').first().click()
    await page.getByRole('button', { name: 'Deliver now' }).click()
    await page.getByText('Delivered', { exact: true }).first().waitFor()
    let got = await channel.get('mail', { noAck: true })
    await until(async () => (got ||= await channel.get('mail', { noAck: true })) !== false)
    assert.equal(got ? got.content.toString() : null, 'comes later')

    await rows.filter({ hasText: 'comes latest' }).getByRole('button').first().click()
    await page.getByRole('button', { name: 'Take away' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Take away' }).click()
    await page.getByText('Taken away').first().waitFor()
    await until(async () => (await rows.count()) === 1)
    assert.equal((await worlds.get('/exchanges/%2F/reminders')).delayed, 1)
    assert.equal(await channel.get('mail', { noAck: true }), false)
  })
})
