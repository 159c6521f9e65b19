/** The console in a real Chromium, in front of a broker in memory; skipped where there is no Chromium. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { BothWorlds } from '../../broker/test/http/both-worlds.ts'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/snap/bin/chromium']

const executable = process.env.CHROMIUM ?? PLACES.find((place) => existsSync(place))

/** Of a test: why it cannot run here, or false. */
export const noBrowser = executable === undefined ? 'there is no Chromium here (CHROMIUM names one)' : false

const TIMEOUT_MS = 20_000
let browser: Browser

/** Brings the console up to its sources and opens a browser for the tests of this file. */
export function useBrowser(): void {
  if (noBrowser !== false) return
  before(async () => {
    const script = join(import.meta.dirname, '../../scripts/console-build.mjs')
    const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    browser = await chromium.launch({ executablePath: executable!, args: ['--no-sandbox', '--disable-gpu'] })
  })
  after(() => browser?.close())
}

export interface ConsolePage {
  readonly page: Page
  readonly worlds: BothWorlds
  /** Opens an address of the console. */
  open(path: string): Promise<void>
}

interface Looks {
  readonly width?: number
  readonly dark?: boolean
  /** `name:password`; null stays in front of the login. */
  readonly as?: string | null
  readonly worlds?: BothWorlds
}

/** A page of a browser of its own. Whatever goes wrong in it, or is refused by the content policy, fails the test. */
export async function openConsole(test: TestContext, looks: Looks = {}): Promise<ConsolePage> {
  const { width = 1440, dark = false, as = 'guest:guest' } = looks
  const worlds = looks.worlds ?? (await BothWorlds.open(test))
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    colorScheme: dark ? 'dark' : 'light',
    baseURL: `http://${worlds.http}`,
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  const page = await context.newPage()
  page.setDefaultTimeout(TIMEOUT_MS)
  const wrong: string[] = []
  page.on('pageerror', (error) => wrong.push(String(error)))
  page.on('console', (message) => {
    if (/Content Security Policy|React Router caught/i.test(message.text())) wrong.push(message.text())
  })
  test.after(async () => {
    await context.close()
    assert.deepEqual(wrong, [])
  })
  const open = async (path: string): Promise<void> => {
    await page.goto(path)
    await page.locator('h1').or(page.getByRole('alert')).first().waitFor()
  }
  await open('/')
  if (as !== null) await login(page, as)
  return { page, worlds, open }
}

export async function login(page: Page, as: string): Promise<void> {
  const [name, password] = as.split(':')
  await page.getByLabel('User name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page
    .getByRole('navigation', { name: 'Sections' })
    .or(page.getByRole('navigation', { name: 'Main sections' }))
    .first()
    .waitFor()
}

/** Pixels that the page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - innerWidth')
