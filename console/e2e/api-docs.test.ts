/** The page on the messaging API: everybody may read it, and its lines do what they say when a shell runs them. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { PHONE, startConsole } from './real-broker.ts'

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly summary: string }>>>>
}

test('the page on the HTTP API', async (t) => {
  const console = await startConsole(t)
  const channel = await console.amqp.createConfirmChannel()
  const document = (await (await fetch(`${console.url}/v1/openapi.json`)).json()) as Document

  /** The page itself does not ask for a login. */
  const openDocs = async (width?: number): Promise<Page> => {
    const page = await console.open('/', width)
    await page.goto(`${console.url}/api-docs`)
    return page
  }

  await t.test('has every operation of the document', async () => {
    const page = await openDocs()
    const summaries = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map(({ summary }) => summary),
    )
    await page.getByRole('article').first().waitFor()
    assert.deepEqual(await page.getByRole('article').getByRole('heading', { level: 3 }).allInnerTexts(), summaries)
    const index = page.getByRole('navigation', { name: 'Operations' })
    await index.getByRole('link', { name: 'Follow a topic by server-sent events' }).click()
    assert.equal(new URL(page.url()).hash, '#get-vhosts-vhost-topics-topic-follow')
    await page.getByRole('link', { name: 'OpenAPI 3.1' }).waitFor()
    await page.context().close()
  })

  await t.test('says what is asked for and what is answered', async () => {
    const page = await openDocs()
    const card = operation(page, 'Receive messages, or wait for one')
    await card.getByText('integer, 1 to 1000').waitFor()
    await card.getByText('404', { exact: true }).waitFor()
    await card.getByText('its 10 fields').click()
    await card.getByText('Names the message to ack, nack and extend.').waitFor()
    await card.getByText('"lease_until"').waitFor()
    await page.context().close()
  })

  await t.test('has lines that work as they are', async () => {
    await channel.assertQueue('orders')
    const page = await openDocs()
    const origins = { origin: console.url }
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], origins)
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
    await page.context().close()
  })

  await t.test('can be read without a login, and leads to it', async () => {
    const page = await console.open('/')
    await page.context().clearCookies()
    await page.goto(`${console.url}/api-docs`)
    await page.getByRole('heading', { level: 1, name: 'HTTP API' }).waitFor()
    await operation(page, 'Append records').waitFor()
    assert.equal(await page.getByRole('navigation', { name: 'Sections' }).count(), 0)
    await page.getByRole('link', { name: 'Log in to the console' }).click()
    await page.getByLabel('Password').waitFor()
    await page.context().close()
  })

  await t.test('can be read on a phone', async () => {
    const page = await openDocs(PHONE)
    await operation(page, 'Append records').waitFor()
    assert.equal(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0)
    await page.context().close()
  })
})

const operation = (page: Page, summary: string) => page.getByRole('article', { name: summary, exact: true })

/** The first line of an operation, by its button. */
async function copied(page: Page, summary: string): Promise<string> {
  await operation(page, summary).getByRole('button', { name: 'Copy this line' }).first().click()
  await operation(page, summary).getByRole('button', { name: 'Copied' }).waitFor()
  return (await page.evaluate('navigator.clipboard.readText()')) as string
}

/** By a shell; curl asks for the password, which is said here instead. */
async function run(line: string): Promise<string> {
  assert.match(line, /^curl -u guest /)
  const { stdout } = await promisify(execFile)('sh', ['-c', line.replace('-u guest ', '-s -m 20 -u guest:guest ')])
  return stdout
}
