/** The page on the messaging API: everybody may read it, and its lines do what they say when a shell runs them. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { fits, PHONE, startConsole, until } from './real-broker.ts'

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly summary: string }>>>>
}

test('the page on the HTTP API', async (t) => {
  const console = await startConsole(t)
  const channel = await console.amqp.createConfirmChannel()
  const document = (await (await fetch(`${console.url}/v1/openapi.json`)).json()) as Document

  await t.test('has every operation of the document', async () => {
    const page = await console.open('/api-docs')
    const summaries = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ summary }) => summary),
    )
    await page
      .getByRole('article')
      .nth(summaries.length - 1)
      .waitFor()
    assert.deepEqual(await page.getByRole('article').getByRole('heading', { level: 3 }).allInnerTexts(), summaries)
    const index = page.getByRole('navigation', { name: 'Operations' })
    await index.getByRole('link', { name: 'Follow a topic by server-sent events' }).click()
    await page.waitForURL('**#get-vhosts-vhost-topics-topic-follow')
    await page.getByRole('link', { name: 'OpenAPI 3.1' }).waitFor()
  })

  await t.test('says what is asked for and what is answered', async () => {
    const page = await console.open('/api-docs')
    const card = operation(page, 'Receive messages, or wait for one')
    await card.getByText('integer, 1 to 1000').waitFor()
    await card.getByText('404', { exact: true }).waitFor()
    await card.getByText('its 10 fields').click()
    await card.getByText('Names the message to ack, nack and extend.').waitFor()
    await card.getByText('"lease_until"').waitFor()
  })

  await t.test('has lines that work as they are', async () => {
    await channel.assertQueue('orders')
    const page = await console.open('/api-docs')
    const published = await run(await copied(page, 'Publish to a queue'))
    assert.deepEqual(JSON.parse(published), { routed: true })
    const message = await channel.get('orders')
    assert.ok(message !== false)
    assert.deepEqual(JSON.parse(message.content.toString()), { order: 42 })
    channel.reject(message, true)
    const received = JSON.parse(await run(await copied(page, 'Receive messages, or wait for one')))
    assert.deepEqual(
      received.messages.map(({ payload }: { payload: unknown }) => payload),
      [{ order: 42 }],
    )
  })

  await t.test('can be read without a login, and leads to it', async () => {
    const page = await console.freshPage()
    await page.goto('/api-docs')
    await page.getByRole('heading', { level: 1, name: 'HTTP API' }).waitFor()
    await operation(page, 'Append records').waitFor()
    assert.equal(await page.getByRole('navigation', { name: 'Sections' }).count(), 0)
    await page.getByRole('link', { name: 'Log in to the console' }).click()
    await page.getByLabel('Password').waitFor()
  })

  await t.test('can be read on a phone', async () => {
    const page = await console.open('/api-docs', PHONE)
    await operation(page, 'Append records').waitFor()
    await fits(page)
  })
})

const operation = (page: Page, summary: string) => page.getByRole('article', { name: summary, exact: true })

/** The first line of an operation, by its button. */
async function copied(page: Page, summary: string): Promise<string> {
  const isSaid = operation(page, summary).getByRole('button', { name: 'Copied' }).waitFor()
  await page.evaluate("navigator.clipboard.writeText('')")
  await operation(page, summary).getByRole('button', { name: 'Copy this line' }).first().click()
  await isSaid
  let line = ''
  await until(async () => (line = await page.evaluate<string>('navigator.clipboard.readText()')) !== '')
  return line
}

/** By a shell; curl asks for the password, which is said here instead. */
async function run(line: string): Promise<string> {
  assert.match(line, /^curl -u guest /)
  const { stdout } = await promisify(execFile)('sh', ['-c', line.replace('-u guest ', '-s -m 60 -u guest:guest ')])
  return stdout
}
