/**
 * Pictures of the console for docs/, of a broker that `demo.ts` has kept busy for some minutes: each page in both themes,
 * at 1440 and at 390 pixels.
 *
 *   node console/dev/screenshots.ts http://127.0.0.1:15672 [page …]
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'

const PAGES: Readonly<Record<string, string>> = {
  overview: '/',
  topology: '/topology',
  queues: '/queues',
  queue: '/queues/%2F/billing',
  messages: '/queues/%2F/billing.failed/messages',
  exchange: '/exchanges/%2F/shop',
  schedule: '/exchanges/%2F/nightly-report',
  topics: '/topics',
  topic: '/topics/%2F/clicks',
  groups: '/groups',
  group: '/groups/%2F/nightly-report',
  connections: '/connections',
  policies: '/policies',
  users: '/users',
  node: '/nodes',
  'api-docs': '/api-docs',
}

const [base = 'http://127.0.0.1:15672', ...names] = process.argv.slice(2)
const folder = join(import.meta.dirname, '../../docs/console')
const places = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome']

async function shoot(browser: Browser, width: number, theme: 'light' | 'dark'): Promise<void> {
  const phone = width < 600
  const context = await browser.newContext({
    viewport: { width, height: phone ? 844 : 900 },
    colorScheme: theme,
    baseURL: base,
  })
  const headers = { 'x-requested-with': 'console' }
  await context.request.post('/api/login', { headers, data: { username: 'guest', password: 'guest' } })
  const page = await context.newPage()
  for (const name of names.length > 0 ? names : Object.keys(PAGES)) {
    await page.goto(PAGES[name])
    await page.locator('h1').waitFor()
    // Charts and graphs are drawn a moment after their data came.
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await page.screenshot({ path: join(folder, `${name}-${phone ? 'phone-' : ''}${theme}.png`) })
  }
  await context.close()
}

mkdirSync(folder, { recursive: true })
const browser = await chromium.launch({ executablePath: places.find(existsSync)!, args: ['--no-sandbox'] })
for (const width of [1440, 390]) for (const theme of ['light', 'dark'] as const) await shoot(browser, width, theme)
await browser.close()
