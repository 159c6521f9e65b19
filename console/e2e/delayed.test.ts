// Messages that wait for their time, in the console: looked at, delivered at once, taken away.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextOf } from './amqp-clients.ts'
import { said, startConsole, until } from './real-broker.ts'

test('delayed messages in the console', async (t) => {
  const console = await startConsole(t)

  await t.test('are shown by their times, delivered at once, and taken away', async () => {
    const channel = await console.amqp.createConfirmChannel()
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
    const page = await console.open('/exchanges/%2F/reminders')
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
    await said(page, 'Delivered')
    assert.equal((await nextOf(channel, 'mail')).content.toString(), 'comes later')

    await rows.filter({ hasText: 'comes latest' }).getByRole('button').first().click()
    await page.getByRole('button', { name: 'Take away' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Take away' }).click()
    await said(page, 'Taken away')
    await until(async () => (await rows.count()) === 1)
    assert.equal((await console.ask<{ delayed: number }>('/exchanges/%2F/reminders')).delayed, 1)
    assert.equal(await channel.get('mail', { noAck: true }), false)
  })
})
