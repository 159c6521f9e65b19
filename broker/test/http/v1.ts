/** Calls of `/v1`, as programs without a client make them. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import type { Answer, BothWorlds, Json } from './both-worlds.ts'

const login = (as: string) => ({ authorization: `Basic ${Buffer.from(as).toString('base64')}` })

export class V1 {
  private readonly base: string
  private readonly as: string

  /** @param path below which all paths are, as `/vhosts/%2F` */
  constructor({ http }: BothWorlds, path = '/vhosts/%2F', as = 'guest:guest') {
    this.base = `http://${http}/v1${path}`
    this.as = as
  }

  async ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const response = await fetch(`${this.base}${path}`, {
      method,
      headers: login(this.as),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.ask('POST', path, body)
  }

  /** What is answered when all is well. */
  async done(path: string, body: unknown): Promise<Json> {
    const { status, body: answer } = await this.post(path, body)
    assert.equal(status, 200, JSON.stringify(answer))
    return answer
  }

  async get(path: string): Promise<Json> {
    const { status, body } = await this.ask('GET', path)
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }

  async raw(path: string, body: Uint8Array | string, headers: Record<string, string>): Promise<Answer> {
    const response = await fetch(`${this.base}${path}`, {
      method: 'POST',
      headers: { ...login(this.as), ...headers },
      body: body as Uint8Array<ArrayBuffer> | string,
    })
    return { status: response.status, body: await response.json() }
  }

  /** A call whose answer nobody waits for: ended by tearing its connection. */
  torn(path: string, body: unknown): { tear(): void; sent: Promise<void> } {
    const call = request(`${this.base}${path}`, { method: 'POST', headers: login(this.as) })
    call.on('error', () => {})
    const sent = new Promise<void>((resolve) => call.end(JSON.stringify(body), () => resolve()))
    return { tear: () => call.destroy(), sent }
  }

  follow(path: string, headers: Record<string, string> = {}): Promise<EventReader> {
    return EventReader.open(`${this.base}${path}`, { ...login(this.as), ...headers })
  }
}

export interface ServerEvent {
  readonly id: string | null
  readonly event: string
  readonly data: Json
}

/** Reads a stream of server-sent events, one after the other. */
export class EventReader {
  readonly status: number
  readonly type: string | null
  private readonly abort: AbortController
  private readonly reader: ReadableStreamDefaultReader<string>
  private text = ''

  private constructor(response: Response, abort: AbortController) {
    this.status = response.status
    this.type = response.headers.get('content-type')
    this.abort = abort
    this.reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  }

  static async open(url: string, headers: Record<string, string>): Promise<EventReader> {
    const abort = new AbortController()
    return new EventReader(await fetch(url, { headers, signal: abort.signal }), abort)
  }

  /** The next event; comments are passed over. Null at the end. */
  async next(): Promise<ServerEvent | null> {
    for (;;) {
      const end = this.text.indexOf('\n\n')
      if (end >= 0) {
        const lines = this.text.slice(0, end).split('\n')
        this.text = this.text.slice(end + 2)
        const data = lines.find((line) => line.startsWith('data: '))
        if (data === undefined) continue
        const id = lines.find((line) => line.startsWith('id: '))?.slice(4) ?? null
        const event = lines.find((line) => line.startsWith('event: '))?.slice(7) ?? 'message'
        return { id, event, data: JSON.parse(data.slice(6)) }
      }
      const { value, done } = await this.reader.read()
      if (done) return null
      this.text += value
    }
  }

  close(): void {
    this.abort.abort()
    this.reader.closed.catch(() => {})
  }
}
