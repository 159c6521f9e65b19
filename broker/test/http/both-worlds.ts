/** A broker in memory with real sockets, its HTTP API, and clients of both worlds. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import amqplib, { type ChannelModel } from 'amqplib'
import { Kafka, logLevel } from 'kafkajs'
import { createLogger } from '../../src/base/logger.ts'
import { fromOptions, settle } from '../../src/config/layer.ts'
import { startServer } from '../../src/server.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
export type Json = any

export interface Answer {
  readonly status: number
  readonly body: Json
}

export class BothWorlds {
  readonly http: string
  readonly kafkaAddress: string
  readonly amqpAddress: string

  private constructor(http: string, kafka: string, amqp: string) {
    this.http = http
    this.kafkaAddress = kafka
    this.amqpAddress = amqp
  }

  static async open(test: TestContext, options: object = {}): Promise<BothWorlds> {
    const ports = { amqpPort: 0, amqpsPort: null, kafkaPort: 0, httpPort: 0, httpsPort: null }
    const settings = settle([fromOptions({ dataDir: null, ...ports, ...options })])
    const server = await startServer({ ...settings, logger: createLogger('error'), version: 'test' })
    test.after(() => server.stop())
    const { http, kafka, amqp } = server.addresses
    return new BothWorlds(http!, kafka!, amqp!)
  }

  /** @param path below `/api` */
  async ask(method: string, path: string, body?: unknown, as = 'guest:guest'): Promise<Answer> {
    const response = await fetch(`http://${this.http}/api${path}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from(as).toString('base64')}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  }

  /** What GET answers with 200. */
  async get(path: string, as?: string): Promise<Json> {
    const { status, body } = await this.ask('GET', path, undefined, as)
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }

  /** What is answered to a change that succeeds. */
  async done(method: string, path: string, body?: unknown, as?: string): Promise<Json> {
    const answer = await this.ask(method, path, body, as)
    assert.ok(answer.status < 300, `${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  kafka(clientId = 'test'): Kafka {
    return new Kafka({ clientId, brokers: [this.kafkaAddress], logLevel: logLevel.NOTHING })
  }

  async amqp(test: TestContext, name?: string): Promise<ChannelModel> {
    const options = name === undefined ? {} : { clientProperties: { connection_name: name } }
    const connection = await amqplib.connect(`amqp://guest:guest@${this.amqpAddress}`, options)
    connection.on('error', () => {})
    test.after(() => connection.close().catch(() => {}))
    return connection
  }
}

/** Until `check` is true; the test's own time-out ends it. */
export async function until(check: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 30))
}
