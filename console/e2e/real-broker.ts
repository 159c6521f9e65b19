/** The console in a real Chromium, before a broker of its own, logged in. (Its login page is looked at in shell.test.ts.) */
import { execFileSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { type ChannelModel, connect } from 'amqplib'
import { Kafka, logLevel } from 'kafkajs'
import { type Browser, chromium, type Page } from 'playwright-core'
import { startBroker } from '../../interop/broker.ts'

/** Does nothing when the console is built of its present sources. */
const BUILD = new URL('../../scripts/console-build.mjs', import.meta.url).pathname
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
export const WIDE = 1440
export const PHONE = 390

export type Login = readonly [name: string, password: string]
const GUEST: Login = ['guest', 'guest']

export interface ConsoleAtWork {
  /** Of the HTTP port. */
  readonly url: string
  readonly amqp: ChannelModel
  readonly kafka: Kafka
  /** For clients with settings of their own. */
  readonly kafkaAddress: string
  /** A page of its own, logged in as `guest` unless said, at that address. What fails in it fails the test. */
  open(path: string, width?: number, login?: Login): Promise<Page>
  /** Below /api, as `guest`; GET unless there is a body to PUT. */
  ask<T>(path: string, body?: object): Promise<T>
}

/** Ends with the test it was started for. @throws if there is no Chromium where it is looked for */
export async function startConsole(t: TestContext): Promise<ConsoleAtWork> {
  execFileSync(process.execPath, [BUILD])
  const broker = await startBroker()
  t.after(() => broker.stop())
  const { http, amqp: amqpUrl, kafka: kafkaAddress } = broker.addresses
  const amqp = await connect(amqpUrl!, { clientProperties: { connection_name: 'the test' } })
  t.after(() => amqp.close().catch(() => {}))
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  t.after(() => browser.close())
  const failures: string[] = []
  t.after(() => {
    if (failures.length > 0) throw new Error(`in the page: ${failures.join(' | ')}`)
  })
  return {
    url: http!,
    amqp,
    kafkaAddress: kafkaAddress!,
    kafka: new Kafka({ brokers: [kafkaAddress!], logLevel: logLevel.ERROR }),
    open: (path, width = WIDE, login = GUEST) => open(browser, http!, path, width, login, failures),
    async ask<T>(path: string, body?: object): Promise<T> {
      const authorization = `Basic ${Buffer.from(GUEST.join(':')).toString('base64')}`
      const answer = await fetch(`${http}/api${path}`, {
        headers: { authorization, 'content-type': 'application/json' },
        ...(body !== undefined && { method: 'PUT', body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
      return (text === '' ? undefined : JSON.parse(text)) as T
    },
  }
}

async function open(
  browser: Browser,
  url: string,
  path: string,
  width: number,
  [name, password]: Login,
  failures: string[],
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height: width === PHONE ? 844 : 900 },
    hasTouch: width === PHONE,
    reducedMotion: 'reduce',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(15_000)
  page.on('pageerror', (error) => failures.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) failures.push(message.text())
  })
  // The cookie is the context's; by the login page each would cost a second more.
  const headers = { 'x-requested-with': 'console' }
  await context.request.post(`${url}/api/login`, { headers, data: { username: name, password } })
  await page.goto(url + path)
  await page.getByRole('heading', { level: 1 }).waitFor()
  return page
}
