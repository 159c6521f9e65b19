/** Programs without a client: they publish, receive, acknowledge, move and replay by HTTP, until the broker is gone. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodyOf, parse } from './numbered-load.ts'

const BATCH = 50
const LEASE_MS = 300

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into field by field
type Json = any

/** Rejects as soon as the broker does not answer any more. */
export class RestClient {
  private readonly base: string

  constructor(address: string) {
    this.base = `http://${address}`
  }

  /** What is answered with 2xx; null for anything else. */
  async ask(method: string, path: string, body?: object): Promise<Json> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: { authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) return null
    return text === '' ? {} : JSON.parse(text)
  }

  v1(path: string, body: object): Promise<Json> {
    return this.ask('POST', `/v1/vhosts/%2F${path}`, body)
  }
}

/** Until the broker is killed. */
export async function untilGone(step: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await step()
    } catch (error) {
      if (error instanceof TypeError) return
      throw error
    }
  }
}

/** Publishes in batches, each message once, whatever becomes of it. */
export class RestPublisher {
  readonly name: string
  readonly confirmed = new Set<string>()
  private next = 0

  constructor(name: string) {
    this.name = name
  }

  async publish(client: RestClient, queue: string): Promise<void> {
    const numbers = Array.from({ length: BATCH }, () => this.next++)
    const messages = numbers.map((number) => ({ payload: bodyOf(this.name, number).toString() }))
    const answer = await client.v1(`/queues/${queue}/messages`, { messages })
    numbers.forEach((number, at) => {
      if (answer?.results[at].routed === true) this.confirmed.add(`${this.name}:${number}`)
    })
  }

  /** The same as records of a topic. @returns the offset behind them */
  async write(client: RestClient, topic: string): Promise<void> {
    const numbers = Array.from({ length: BATCH }, () => this.next++)
    const records = numbers.map((number) => ({ value: bodyOf(this.name, number).toString(), partition: 0 }))
    const answer = await client.v1(`/topics/${topic}/records`, { records })
    if (answer !== null) for (const number of numbers) this.confirmed.add(`${this.name}:${number}`)
  }
}

/** Receives and does with each message what its number says; knows what must not come again. */
export class RestReceiver {
  readonly delivered = new Set<string>()
  readonly acked = new Set<string>()
  /** They may be done with: the answer may have been on its way when the broker was killed. */
  readonly asked = new Set<string>()
  /** They became dead letters, or may have: copies of them may come. */
  readonly rejected = new Set<string>()
  again = 0

  /** @param isFirst nothing was killed before */
  async receive(client: RestClient, queue: string, isFirst: boolean): Promise<void> {
    const given = await client.v1(`/queues/${queue}/receive`, { max: BATCH, wait_ms: 200, lease_ms: LEASE_MS })
    if (given === null) return
    const [acks, rejects, returns] = [new Map<string, string>(), [] as string[], [] as string[]]
    for (const { lease, payload, redelivered } of given.messages) {
      const { publisher, number } = parse({ content: Buffer.from(payload), fields: { redelivered } })
      const name = `${publisher}:${number}`
      this.check(name, redelivered, isFirst)
      const fate = redelivered ? 0 : number % 10
      if (fate === 1) returns.push(lease)
      else if (fate === 2) {
        rejects.push(lease)
        this.rejected.add(name)
      } else if (fate !== 3) {
        acks.set(lease, name)
        this.asked.add(name)
      }
    }
    const { gone } = (await this.settle(client, `/queues/${queue}/ack`, { leases: [...acks.keys()] })) ?? {}
    if (gone !== undefined) {
      for (const lease of gone) acks.delete(lease)
      for (const name of acks.values()) this.acked.add(name)
    }
    await this.settle(client, `/queues/${queue}/nack`, { leases: returns })
    await this.settle(client, `/queues/${queue}/nack`, { leases: rejects, requeue: false })
  }

  private check(name: string, redelivered: boolean, isFirst: boolean): void {
    const isAgain = this.delivered.has(name)
    this.delivered.add(name)
    if (this.rejected.has(name)) return
    assert.ok(!this.acked.has(name), `${name} was acked, which was answered, and came again`)
    assert.ok(redelivered || !isAgain, `${name} came again and was not marked redelivered`)
    assert.ok(!redelivered || isAgain || !isFirst, `${name} is marked redelivered, and nobody had it before`)
    if (isAgain) this.again++
  }

  private async settle(client: RestClient, path: string, body: { leases: string[]; requeue?: boolean }): Promise<Json> {
    return body.leases.length === 0 ? null : client.v1(path, body)
  }
}

/** Copies a topic into a queue, from where the last answer said. */
export class RestReplayer {
  /** Records below were copied, as answered. */
  copiedBelow = 0

  async replay(client: RestClient, topic: string, queue: string): Promise<void> {
    await sleep(50)
    const { partitions } = (await client.ask('GET', `/v1/vhosts/%2F/topics/${topic}`)) ?? { partitions: [] }
    const end = partitions[0]?.end_offset ?? 0
    const [from, to] = [{ offset: this.copiedBelow }, { offset: end }]
    const body = { partition: 0, from, to, queue, limit: 100_000 }
    const answer = await client.ask('POST', `/api/topics/%2F/${topic}/replay`, body)
    if (answer !== null && answer.next === null) this.copiedBelow = Math.max(this.copiedBelow, end)
  }
}
