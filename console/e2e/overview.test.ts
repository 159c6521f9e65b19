// The overview: what a newcomer sees, what flows, and what needs attention.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noBrowser, openConsole, useBrowser } from './browser.ts'

describe('the overview', { skip: noBrowser }, () => {
  useBrowser()

  it('shows a newcomer where to connect', async (t) => {
    const { page, worlds } = await openConsole(t)
    await page.getByRole('heading', { name: 'First steps' }).waitFor()
    await page.getByText('Line clear').waitFor()
    await page.getByRole('heading', { name: 'Connect to this broker' }).waitFor()
    await page.getByRole('button', { name: 'Copy' }).first().click()
    const copied = await page.evaluate<string>('navigator.clipboard.readText()')
    assert.equal(copied, `amqp://guest@${worlds.amqpAddress}`)
    await page.getByText(worlds.kafkaAddress, { exact: true }).first().waitFor()
  })

  it('draws what flows, and names what needs attention', async (t) => {
    const { page, worlds } = await openConsole(t)
    const channel = await (await worlds.amqp(t)).createConfirmChannel()
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
    clearInterval(timer)
    await attention.click()
    await page.getByRole('heading', { level: 1, name: 'growing' }).waitFor()
  })

  it('shows users who do not monitor what they may see', async (t) => {
    const { worlds } = await openConsole(t)
    await worlds.done('PUT', '/users/reader', { password: 'reader', tags: 'management' })
    await worlds.done('PUT', '/permissions/%2F/reader', { configure: '', write: '', read: '.*' })
    await worlds.done('PUT', '/queues/%2F/q', {})
    const { page, open } = await openConsole(t, { worlds, as: 'reader:reader' })
    await page.getByRole('heading', { name: 'Message rates' }).waitFor()
    assert.equal(await page.getByRole('heading', { name: 'Connect to this broker' }).count(), 0)
    await open('/queues/%2F/q')
    await page.getByRole('button', { name: 'More', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Delete…' }).click()
    await page.getByRole('dialog').getByRole('textbox').fill('q')
    await page.getByRole('button', { name: 'Delete queue' }).click()
    await page
      .getByText(/refused|not authorised/)
      .first()
      .waitFor()
    assert.equal((await worlds.ask('GET', '/queues/%2F/q')).status, 200)
  })
})
