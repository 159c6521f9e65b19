// The frame around all pages: who gets in, what they find there, and how it is used with keys alone or on a phone.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { login, noBrowser, openConsole, overflow, useBrowser } from './browser.ts'

describe('the console', { skip: noBrowser }, () => {
  useBrowser()

  it('lets in who has the password and a tag, and keeps neither', async (t) => {
    const { page, worlds } = await openConsole(t, { as: null })
    await page.getByLabel('User name').fill('guest')
    await page.getByLabel('Password').fill('wrong')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('alert').filter({ hasText: 'No user with this name' }).waitFor()
    await login(page, 'guest:guest')
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    const kept = await page.evaluate<string>('JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie')
    assert.doesNotMatch(kept, /guest|eyJ/)
    await worlds.done('PUT', '/users/plain', { password: 'plain', tags: '' })
    await page.getByRole('button', { name: /log out/ }).click()
    await page.getByRole('menuitem', { name: /Log out/ }).click()
    await page.getByLabel('User name').fill('plain')
    await page.getByLabel('Password').fill('plain')
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByText('You may not use the console').waitFor()
  })

  it('leads back to the login when the session ends', async (t) => {
    const { page, worlds } = await openConsole(t)
    await page.getByRole('link', { name: 'Queues', exact: true }).first().click()
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor()
    await worlds.done('PUT', '/users/guest', { password: 'another', tags: 'administrator' })
    await page.getByText('Your session is over').waitFor()
    await login(page, 'guest:another')
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor()
  })

  it('is driven by keys', async (t) => {
    const { page, worlds } = await openConsole(t)
    await worlds.done('PUT', '/queues/%2F/night%20mail%2Fdown%20100%25', {})
    await page.keyboard.press('g')
    await page.keyboard.press('q')
    await page.getByRole('heading', { level: 1, name: 'Queues' }).waitFor()
    await page.keyboard.press('/')
    assert.equal(await page.evaluate('document.activeElement?.getAttribute("aria-label")'), 'Filter queues by name')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('mail')
    await page.getByRole('option', { name: /night mail/ }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'night mail/down 100%' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'night mail/down 100%' }).waitFor()
    await page.getByText('Nobody consumes').or(page.getByText('Message rates')).first().waitFor()
  })

  it('keeps the chosen theme, and else has the system’s', async (t) => {
    const { page } = await openConsole(t, { dark: true })
    const theme = () => page.evaluate('document.documentElement.dataset.theme')
    assert.equal(await theme(), 'dark')
    await page.getByRole('button', { name: /log out/ }).click()
    await page.getByRole('menuitem', { name: 'Light' }).click()
    assert.equal(await theme(), 'light')
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
    assert.equal(await theme(), 'light')
  })

  it('asks nothing while paused', async (t) => {
    const { page, open } = await openConsole(t)
    await open('/queues')
    await page.getByRole('button', { name: /Live/ }).click()
    await page.getByRole('button', { name: /Paused/ }).waitFor()
    let asked = 0
    page.on('request', () => asked++)
    await new Promise((resolve) => setTimeout(resolve, 6500))
    assert.equal(asked, 0)
    await page.getByRole('button', { name: /Paused/ }).click()
    await page.waitForRequest(/\/api\/queues/)
  })

  it('says that the broker does not answer, keeps what it showed, and goes on', async (t) => {
    const { page, worlds, open } = await openConsole(t)
    await worlds.done('PUT', '/queues/%2F/still-here', {})
    await open('/queues')
    await page.getByRole('link', { name: 'still-here' }).waitFor()
    await page.context().setOffline(true)
    await page.getByRole('alert').filter({ hasText: 'The broker does not answer' }).waitFor()
    await page.getByRole('link', { name: 'still-here' }).waitFor()
    await page.context().setOffline(false)
    await page.getByRole('alert').filter({ hasText: 'does not answer' }).waitFor({ state: 'detached' })
  })

  it('fits a phone', async (t) => {
    const { page, worlds, open } = await openConsole(t, { width: 390 })
    await worlds.done('PUT', `/queues/%2F/${'a-long-name-'.repeat(12)}`, {})
    for (const path of [
      '/',
      '/queues',
      `/queues/%2F/${'a-long-name-'.repeat(12)}`,
      '/exchanges',
      '/exchanges/%2F/amq.topic',
    ]) {
      await open(path)
      assert.equal(await overflow(page), 0, path)
    }
    await page.getByRole('button', { name: 'More', exact: true }).last().click()
    await page.getByRole('dialog').getByRole('link', { name: 'Exchanges' }).click()
    await page.getByRole('heading', { level: 1, name: 'Exchanges' }).waitFor()
  })

  it('shows what the user’s tags open', async (t) => {
    const { worlds } = await openConsole(t)
    await worlds.done('PUT', '/users/watcher', { password: 'watcher', tags: 'monitoring' })
    const { page, open } = await openConsole(t, { worlds, as: 'watcher:watcher' })
    await page.getByRole('navigation', { name: 'Sections' }).getByText('Queues').waitFor()
    assert.equal(
      await page.getByRole('navigation', { name: 'Sections' }).getByText('Users', { exact: true }).count(),
      0,
    )
    await open('/nowhere')
    await page.getByText('No page has this address').waitFor()
  })
})
