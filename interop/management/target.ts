/** A broker as the management API shows it, and one request to it with the whole of its answer. */

export interface Target {
  readonly name: 'signalbox' | 'rabbitmq'
  /** With user and password, without a path. */
  readonly http: string
  readonly amqp: string
  stop(): Promise<void>
}

export interface Answer {
  readonly status: number
  /** Of those that say more than what every answer says. */
  readonly headers: Record<string, string>
  /** Parsed when it is JSON, else the text. */
  readonly body: unknown
}

export interface Asking {
  readonly method: string
  /** As it goes over the wire: percent-encoded, with the query. */
  readonly path: string
  /** `name:password`; the target's own when left out, none when empty. */
  readonly as?: string
  /** A string is sent as it stands. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

const HEADERS = ['location', 'www-authenticate', 'allow', 'content-disposition']
const SECONDS = 20

export async function ask(target: Target, { method, path, as, body, headers = {} }: Asking): Promise<Answer> {
  const { origin, username, password } = new URL(target.http)
  const login = as ?? `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const sent: Record<string, string> = { ...headers }
  if (login !== '') sent.authorization = `Basic ${Buffer.from(login).toString('base64')}`
  if (body !== undefined) sent['content-type'] ??= 'application/json'
  const content = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
  const signal = AbortSignal.timeout(SECONDS * 1000)
  const answer = await fetch(origin + path, { method, headers: sent, body: content, redirect: 'manual', signal })
  const text = await answer.text()
  const told = HEADERS.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name)!]] : []))
  return { status: answer.status, headers: Object.fromEntries(told), body: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
