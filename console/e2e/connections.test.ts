// Connections in the console: found by the name that a client gives itself.

import { test } from 'node:test'
import { connectAs } from './amqp-clients.ts'
import { startConsole } from './real-broker.ts'

test('connections in the console', async (t) => {
  const console = await startConsole(t)

  await t.test('are found by what their clients call themselves', async () => {
    for (const name of ['billing', 'shipping']) {
      const client = await connectAs(console, { name })
      t.after(() => client.close().catch(() => {}))
    }
    const page = await console.open('/connections')
    await page.getByText('3 connections', { exact: true }).waitFor()
    const filter = page.getByLabel('Filter connections by name or address')
    await filter.fill('ship')
    await page.getByText('1 of 3 connections').waitFor()
    await page.getByRole('link', { name: /shipping/ }).waitFor()
    await filter.fill('nobody')
    await page.getByText('No connection has “nobody” in its name or address').waitFor()
  })
})
