// The overview: what a newcomer sees, what flows, and what needs attention.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { said, startConsole, until } from './real-broker.ts'

test('the overview', async (t) => {
  const console = await startConsole(t)

  await t.test('shows a newcomer where to connect', async () => {
    const page = await console.open('/')
    await page.getByRole('heading', { name: 'First steps' }).waitFor()
    await page.getByText('Line clear').waitFor()
    await page.getByRole('heading', { name: 'Connect to this broker' }).waitFor()
    await page.getByRole('button', { name: 'Copy' }).first().click()
    const address = `amqp://guest@${console.amqpAddress}`
    await until(async () => (await page.evaluate('navigator.clipboard.readText()')) === address)
    await page.getByText(console.kafkaAddress, { exact: true }).first().waitFor()
  })

  await t.test('draws what flows, and names what needs attention', async (t) => {
    const page = await console.open('/')
    const channel = await console.amqp.createConfirmChannel()
    await channel.assertQueue('growing')
    const timer = setInterval(() => channel.sendToQueue('growing', Buffer.from('m')), 10)
    t.after(() => clearInterval(timer))
    const figure = page.getByRole('figure', { name: /Messages per second/ })
    await figure.locator('canvas').waitFor()
    await figure
      .getByText(/^[1-9][\d.]*\/s$/)
      .first()
      .waitFor()
    const attention = page
      .getByRole('link', { name: /growing/ })
      .filter({ hasText: /nobody|backlog/ })
      .first()
    await attention.waitFor()
    await attention.click()
    await page.getByRole('heading', { level: 1, name: 'growing' }).waitFor()
  })

  await t.test('shows users who do not monitor what they may see', async () => {
    await console.ask('/users/reader', { password: 'reader', tags: 'management' })
    await console.ask('/permissions/%2F/reader', { configure: '', write: '', read: '.*' })
    await console.ask('/queues/%2F/q', {})
    const page = await console.open('/', undefined, ['reader', 'reader'])
    await page.getByRole('heading', { name: 'Message rates' }).waitFor()
    assert.equal(await page.getByRole('heading', { name: 'Connect to this broker' }).count(), 0)
    await page.goto('/queues/%2F/q')
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Delete…' }).click()
    await page.getByRole('dialog').getByRole('textbox').fill('q')
    await page.getByRole('button', { name: 'Delete queue' }).click()
    await said(page, /refused|not authorised/)
    assert.equal((await console.ask<{ name: string }>('/queues/%2F/q')).name, 'q')
  })
})
