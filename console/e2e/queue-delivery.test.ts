// How queues hand out their messages: made in the console, shown there, and as a client of AMQP declares it.

import { test } from 'node:test'
import { startConsole } from './real-broker.ts'

test('how queues deliver, in the console', async (t) => {
  const console = await startConsole(t)

  await t.test('is set when they are made, and shown', async () => {
    const page = await console.open('/queues?new=1')
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
    const channel = await console.amqp.createChannel()
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

  await t.test('is shown where a policy decides', async () => {
    await console.ask('/queues/%2F/mail', {})
    const definition = { dispatch: 'random', 'delayed-retry-type': 'all', 'delayed-retry-min': 5000 }
    await console.ask('/policies/%2F/patient', { pattern: 'mail', definition, 'apply-to': 'queues' })
    const page = await console.open('/queues/%2F/mail?tab=settings')
    await page.getByText('a consumer by chance').waitFor()
    await page.getByText('all that come back: after 5 s').waitFor()
  })
})
