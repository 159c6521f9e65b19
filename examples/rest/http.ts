/** All that a program without a client library needs: fetch. */
const authorization = `Basic ${btoa('guest:guest')}`

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what the broker answers is looked into field by field
  readonly body: any
}

// biome-ignore lint/suspicious/noExplicitAny: as above
type Data = any

export class Http {
  private readonly url: string

  constructor(url: string) {
    this.url = url
  }

  ask(method: string, path: string, body: object): Promise<Answer> {
    return this.send(method, `/v1/vhosts/%2F${path}`, body)
  }

  /** What is answered when all is well. */
  async post(path: string, body: object): Promise<Data> {
    const answer = await this.ask('POST', path, body)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  /** The management API. */
  admin(method: string, path: string, body: object = {}): Promise<Answer> {
    return this.send(method, `/api${path}`, body)
  }

  /** Takes `count` events of a stream, from a place on, and goes away. @returns the place behind them */
  async follow(path: string, from: string, count: number, take: (data: Data) => void): Promise<string> {
    const abort = new AbortController()
    const headers = { authorization, ...(from !== '' && { 'last-event-id': from }) }
    const response = await fetch(`${this.url}/v1/vhosts/%2F${path}`, { headers, signal: abort.signal })
    let place = from
    let text = ''
    let left = count
    for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
      const events = `${text}${piece}`.split('\n\n')
      text = events.pop()!
      for (const event of events) {
        const data = /^data: (.*)$/m.exec(event)
        if (data === null || left === 0) continue
        take(JSON.parse(data[1]))
        place = /^id: (.*)$/m.exec(event)![1]
        left--
      }
      if (left === 0) break
    }
    abort.abort()
    return place
  }

  private async send(method: string, path: string, body: object): Promise<Answer> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { authorization },
      body: JSON.stringify(body),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : JSON.parse(text) }
  }
}
