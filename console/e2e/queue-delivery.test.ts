// How queues hand out their messages: made in the console, shown there, and as a client of AMQP declares it.

import { describe, it } from 'node:test'
import { noBrowser, openConsole, useBrowser } from './browser.ts'

describe('how queues deliver, in the console', { skip: noBrowser }, () => {
  useBrowser()

  it('is set when they are made, and shown', async (t) => {
    const { page, worlds, open } = await openConsole(t)
    await open('/queues?new=1')
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('accounts')
    await dialog.getByText('Delivery', { exact: true }).click()
    await dialog.getByLabel('Order within keys').check()
    await dialog.getByLabel('Who gets the next message').selectOption('least-loaded')
    await dialog.getByText('Retries', { exact: true }).click()
    await dialog.getByLabel('Wait before delivering again').selectOption('failed')
    await dialog.getByLabel('Wait at first (ms)').fill('1000')
    await dialog.getByLabel('Wait at most (ms)').fill('60000')
    await dialog.getByLabel('How the wait grows').selectOption('exponential')
    await dialog.getByRole('button', { name: 'Make queue' }).click()
    await page.getByRole('heading', { level: 1, name: 'accounts' }).waitFor()
    const channel = await (await worlds.amqp(t)).createChannel()
    await channel.assertQueue('accounts', {
      durable: true,
      arguments: {
        'x-ordered-by-key': true,
        'x-dispatch': 'least-loaded',
        'x-delayed-retry-type': 'failed',
        'x-delayed-retry-min': 1000,
        'x-delayed-retry-max': 60000,
        'x-delayed-retry-backoff': 'exponential',
      },
    })
    await page.getByText('ordered by key').waitFor()
    await page.getByRole('tab', { name: 'Settings' }).click()
    await page.getByText('one message of a key at a time').waitFor()
    await page.getByText('the consumer with the most room').waitFor()
    await page.getByText('what failed: after 1 s to 1 min, exponential').waitFor()
  })

  it('is shown where a policy decides', async (t) => {
    const { page, worlds, open } = await openConsole(t)
    await worlds.done('PUT', '/queues/%2F/mail', {})
    const definition = { dispatch: 'random', 'delayed-retry-type': 'all', 'delayed-retry-min': 5000 }
    await worlds.done('PUT', '/policies/%2F/patient', { pattern: 'mail', definition, 'apply-to': 'queues' })
    await open('/queues/%2F/mail?tab=settings')
    await page.getByText('a consumer by chance').waitFor()
    await page.getByText('all that come back: after 5 s').waitFor()
  })
})
