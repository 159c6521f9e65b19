/** The frame around all pages: who gets in, what they find there, and how it is used with keys alone or on a phone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { fits, PHONE, startConsole, until } from './real-broker.ts'

/** More than the console lets pass between two questions. */
const A_WHILE_MS = 6000

test('the console', async (t) => {
  const console = await startConsole(t)

  await t.test('lets in who has the password and a tag, and keeps neither', async () => {
    const page = await console.freshPage()
    await page.goto('/')
    await logIn(page, 'guest', 'wrong')
    await page.getByRole('alert').filter({ hasText: 'No user with this name' }).waitFor()
    await logIn(page, 'guest', 'guest')
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    const kept = await page.evaluate<string>('JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie')
    assert.doesNotMatch(kept, /guest|eyJ/)
    await console.ask('/users/plain', { password: 'plain', tags: '' })
    await page.getByRole('button', { name: /log out/ }).click()
    await page.getByRole('menuitem', { name: /Log out/ }).click()
    await logIn(page, 'plain', 'plain')
    await page.getByText('You may not use the console').waitFor()
    await page.context().close()
  })

  await t.test('leads back to the login when the session ends', async () => {
    await console.ask('/users/leaver', { password: 'one', tags: 'administrator' })
    const page = await console.freshPage()
    await page.goto('/')
    await logIn(page, 'leaver', 'one')
    await page.getByRole('link', { name: 'Queues', exact: true }).first().click()
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor()
    await console.ask('/users/leaver', { password: 'another', tags: 'administrator' })
    await page.getByText('Your session is over').waitFor()
    await logIn(page, 'leaver', 'another')
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor()
    await page.context().close()
  })

  await t.test('is driven by keys', async () => {
    await console.ask('/queues/%2F/night%20mail%2Fdown%20100%25', {})
    const page = await console.open('/')
    // The second key counts for a second after the first.
    await Promise.all([page.keyboard.press('g'), page.keyboard.press('q')])
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor()
    const filter = page.getByLabel('Filter queues by name')
    await filter.waitFor()
    await page.keyboard.press('/')
    await isFocused(page, 'Filter queues by name')
    await page.keyboard.press('Control+k')
    await isFocused(page, 'Go to')
    // Enter is for what the whole word finds, though that may not be shown yet.
    await page.keyboard.type('mail')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'night mail/down 100%' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'night mail/down 100%' }).waitFor()
    await page.getByText('Nobody consumes').or(page.getByText('Message rates')).first().waitFor()
  })

  await t.test('keeps the chosen theme, and else has the system’s', async () => {
    const page = await console.freshPage(['guest', 'guest'], { colorScheme: 'dark' })
    const isShown = (theme: string): Promise<void> => page.locator(`html[data-theme=${theme}]`).waitFor()
    await page.goto('/')
    await isShown('dark')
    await page.getByRole('button', { name: /log out/ }).click()
    await page.getByRole('menuitem', { name: 'Light' }).click()
    await isShown('light')
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    await isShown('light')
    await page.context().close()
  })

  await t.test('asks again and again, but not while paused', async () => {
    await console.ask('/queues/%2F/still-here', {})
    const page = await openWithClock('/queues')
    await page.getByRole('link', { name: 'still-here' }).waitFor()
    let asked = 0
    page.on('request', () => asked++)
    await page.clock.runFor(A_WHILE_MS)
    await until(() => asked > 0)
    await page.getByRole('button', { name: /Live/ }).click()
    await page.getByRole('button', { name: /Paused/ }).waitFor()
    asked = 0
    await page.clock.runFor(10 * A_WHILE_MS)
    await page.evaluate('fetch("/the-last")')
    assert.equal(asked, 1, 'nothing but the last')
    const again = page.waitForRequest(/\/api\/queues/)
    await page.getByRole('button', { name: /Paused/ }).click()
    await page.clock.runFor(A_WHILE_MS)
    await again
    await page.context().close()
  })

  await t.test('says that the broker does not answer, keeps what it showed, and goes on', async () => {
    const page = await openWithClock('/queues')
    await page.getByRole('link', { name: 'still-here' }).waitFor()
    const alert = page.getByRole('alert').filter({ hasText: 'The broker does not answer' })
    const passUntil = (isSaid: boolean): Promise<void> =>
      until(async () => {
        await page.clock.runFor(A_WHILE_MS)
        return (await alert.isVisible()) === isSaid
      })
    await page.context().setOffline(true)
    await passUntil(true)
    await page.getByRole('link', { name: 'still-here' }).waitFor()
    await page.context().setOffline(false)
    await passUntil(false)
    await page.context().close()
  })

  await t.test('fits a phone', async () => {
    const long = 'a-long-name-'.repeat(12)
    await console.ask(`/queues/%2F/${long}`, {})
    const seen: readonly (readonly [path: string, text: string])[] = [
      ['/', 'Connect to this broker'],
      ['/queues', long],
      [`/queues/%2F/${long}`, 'Message rates'],
      ['/exchanges', 'amq.topic'],
      ['/exchanges/%2F/amq.topic', 'Nothing is routed from here'],
    ]
    for (const [path, text] of seen) {
      const page = await console.open(path, PHONE)
      await page.getByText(text).filter({ visible: true }).first().waitFor()
      await fits(page)
    }
    const page = await console.open('/', PHONE)
    await page.getByRole('button', { name: 'More', exact: true }).last().click()
    await page.getByRole('dialog').getByRole('link', { name: 'Exchanges' }).click()
    await page.getByRole('heading', { level: 1, name: 'Exchanges' }).waitFor()
  })

  await t.test('shows what the user’s tags open', async () => {
    await console.ask('/users/watcher', { password: 'watcher', tags: 'monitoring' })
    const page = await console.open('/nowhere', undefined, ['watcher', 'watcher'])
    await page.getByText('No page has this address').waitFor()
    const sections = page.getByRole('navigation', { name: 'Sections' })
    await sections.getByText('Queues').waitFor()
    assert.equal(await sections.getByText('Users', { exact: true }).count(), 0)
  })

  /** Its time passes when it is told to. */
  async function openWithClock(path: string): Promise<Page> {
    const page = await console.freshPage(['guest', 'guest'])
    await page.clock.install()
    await page.goto(path)
    return page
  }
})

/** By the login page. */
async function logIn(page: Page, user: string, password: string): Promise<void> {
  await page.getByLabel('User name').fill(user)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
}

const isFocused = (page: Page, label: string): Promise<void> => page.locator(`:focus[aria-label="${label}"]`).waitFor()
