/**
 * The console in a real Chromium, before a broker of its own, logged in. Tests of a file share both: a broker and a
 * browser take seconds to start, and a page that is there opens the next address in a third of the time of a new one.
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ChannelModel, connect } from 'amqplib'
import { Kafka, logLevel } from 'kafkajs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { startBroker } from '../../interop/broker.ts'

/** Does nothing when the console is built of its present sources. */
const BUILD = new URL('../../scripts/console-build.mjs', import.meta.url).pathname
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
/** For whatever is waited for in a page: how long a busy machine may take, not how long it should. */
const PATIENCE_MS = 60_000
/** The first member of a group does not wait for others. */
const CONFIG = `
kafka:
  properties:
    group.initial.rebalance.delay.ms: 0
`
export const WIDE = 1440
export const PHONE = 390

export type Login = readonly [name: string, password: string]
const GUEST: Login = ['guest', 'guest']

export interface ConsoleAtWork {
  /** Of the HTTP port. */
  readonly url: string
  /** HOST:PORT */
  readonly amqpAddress: string
  readonly amqp: ChannelModel
  readonly kafka: Kafka
  /** For clients with settings of their own. */
  readonly kafkaAddress: string
  /**
   * At that address, logged in as `guest` unless said: the page of this user and width, which leaves where it was. What
   * fails in it fails the test.
   */
  open(path: string, width?: number, login?: Login): Promise<Page>
  /** A page of a browser that knows nothing of the others, before it goes anywhere; not logged in unless said. */
  freshPage(login?: Login, looks?: BrowserContextOptions): Promise<Page>
  /** Below /api, as `guest`; GET unless there is a body to PUT. @throws unless it is done */
  ask<T>(path: string, body?: object): Promise<T>
}

/** Ends with the test it was started for. @throws if there is no Chromium where it is looked for */
export async function startConsole(t: TestContext): Promise<ConsoleAtWork> {
  const { status, stderr } = spawnSync(process.execPath, [BUILD], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the console was not built: ${stderr}`)
  const failures: string[] = []
  const starting = [startBrowser(t), startBrokerFor(t)] as const
  // Where one fails, the other is to be known before all that is known is stopped.
  await Promise.allSettled(starting)
  const [browser, broker] = await Promise.all(starting)
  t.after(() => {
    if (failures.length > 0) throw new Error(`in the page: ${failures.join(' | ')}`)
  })
  const { http: url, amqp: amqpUrl, kafka: kafkaAddress } = broker.addresses
  const amqp = await connect(amqpUrl!, { clientProperties: { connection_name: 'the test' } })
  t.after(() => amqp.close().catch(() => {}))
  const freshPage = async (login?: Login, looks?: BrowserContextOptions): Promise<Page> => {
    const page = await newPage(browser, failures, { baseURL: url!, ...sized(WIDE), ...looks })
    if (login !== undefined) await logIn(page, login)
    return page
  }
  const pages = new Map<string, Page>()
  return {
    url: url!,
    amqpAddress: new URL(amqpUrl!).host,
    amqp,
    kafkaAddress: kafkaAddress!,
    kafka: new Kafka({ brokers: [kafkaAddress!], logLevel: logLevel.ERROR }),
    async open(path, width = WIDE, login = GUEST) {
      const reader = `${width} ${login.join(':')}`
      const known = pages.get(reader)
      const page = known === undefined || known.isClosed() ? await freshPage(login, sized(width)) : known
      pages.set(reader, page)
      await page.goto(path)
      // By its tag: behind an open dialog it is no heading for those who hear the page.
      await page.locator('h1').waitFor()
      return page
    },
    freshPage,
    async ask<T>(path: string, body?: object): Promise<T> {
      const authorization = `Basic ${Buffer.from(GUEST.join(':')).toString('base64')}`
      const answer = await fetch(`${url}/api${path}`, {
        headers: { authorization, 'content-type': 'application/json' },
        ...(body !== undefined && { method: 'PUT', body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
      return (text === '' ? undefined : JSON.parse(text)) as T
    },
  }
}

async function startBrokerFor(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'signalbox-console-'))
  t.after(() => rm(folder, { recursive: true }))
  const config = join(folder, 'signalbox.yaml')
  await writeFile(config, CONFIG)
  const broker = await startBroker(config)
  t.after(() => broker.stop())
  return broker
}

async function startBrowser(t: TestContext): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu'],
    timeout: 2 * PATIENCE_MS,
  })
  t.after(() => browser.close())
  return browser
}

const sized = (width: number): BrowserContextOptions => ({
  viewport: { width, height: width === PHONE ? 844 : 900 },
  hasTouch: width === PHONE,
})

/** Whatever goes wrong in it, or is refused by the content policy, is a failure. */
async function newPage(browser: Browser, failures: string[], looks: BrowserContextOptions): Promise<Page> {
  const permissions = ['clipboard-read', 'clipboard-write']
  const context = await browser.newContext({ reducedMotion: 'reduce', permissions, ...looks })
  context.setDefaultTimeout(PATIENCE_MS)
  await context.addInitScript(keepWhatIsSaid)
  context.on('weberror', (error) => failures.push(String(error.error())))
  context.on('console', (message) => {
    if (/Content Security Policy|React Router caught/.test(message.text())) failures.push(message.text())
  })
  return context.newPage()
}

/** Its browser keeps the cookie. (The login page is looked at in shell.test.ts.) */
async function logIn(page: Page, [username, password]: Login): Promise<void> {
  const headers = { 'x-requested-with': 'console' }
  const answer = await page.context().request.post('/api/login', { headers, data: { username, password } })
  if (!answer.ok()) throw new Error(`${username} is not let in: ${answer.status()} ${await answer.text()}`)
}

/** In the page: toasts go after seconds, which a busy machine may spend between two looks, so what they say is kept. */
const keepWhatIsSaid = `
  self.toasts = []
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes)
        if (node.nodeType === 1 && node.matches('li[data-state=open]')) self.toasts.push(node.innerText)
  }).observe(document, { childList: true, subtree: true })`

/** Until a toast says it, or has said it on this page since it was asked last. */
export async function said(page: Page, text: string | RegExp): Promise<void> {
  const isIt = (toast: string): boolean => (typeof text === 'string' ? toast.includes(text) : text.test(toast))
  await until(async () => {
    const at = (await page.evaluate<string[]>('toasts')).findIndex(isIt)
    if (at >= 0) await page.evaluate(`toasts.splice(${at}, 1)`)
    return at >= 0
  }, `a toast ${text}`)
}

/** Until the page is no wider than the screen. */
export const fits = (page: Page): Promise<void> =>
  until(() => page.evaluate<boolean>('document.documentElement.scrollWidth === innerWidth'), 'as wide as the screen')

/** @throws if it does not hold in all the time that a busy machine may take */
export async function until(holds: () => Promise<boolean> | boolean, what = String(holds)): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await holds()); await sleep(30))
    if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS / 1000} s: ${what}`)
}
