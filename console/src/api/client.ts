/**
 * Asking the broker. Every request carries the mark of the console, which spares the browser's own login window, and the
 * session cookie, which no script can read. A 401 of the session anywhere leads to the login page.
 */

/** What the broker answered instead: RabbitMQ's `{error, reason}`; status 0 when it did not answer at all. */
export class ApiError extends Error {
  readonly status: number
  readonly error: string

  constructor(status: number, error: string, reason: string) {
    super(reason)
    this.status = status
    this.error = error
  }
}

export type Params = Readonly<Record<string, string | number | boolean | null | undefined>>

const lostSession = new Set<() => void>()

/** Calls back when the session ended. Returns the way to stop. */
export function onLostSession(listener: () => void): () => void {
  lostSession.add(listener)
  return () => lostSession.delete(listener)
}

/** A path below /api with every name percent-encoded: path`/queues/${vhost}/${name}`. */
export function path(parts: TemplateStringsArray, ...names: (string | number)[]): string {
  return parts.reduce((all, part, i) => all + encodeURIComponent(String(names[i - 1])) + part)
}

export function query(params: Params): string {
  const entries = Object.entries(params).filter(([, value]) => value !== undefined && value !== null && value !== '')
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries.map(([key, value]) => [key, String(value)]))}`
}

interface RequestOptions {
  readonly params?: Params
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
}

/** @throws ApiError */
async function request<T>(method: string, target: string, body: unknown, options: RequestOptions = {}): Promise<T> {
  const { params = {}, signal, headers } = options
  const base = target.startsWith('/v1/') ? '' : '/api'
  let response: Response
  try {
    response = await fetch(`${base}${target}${query(params)}`, {
      method,
      credentials: 'same-origin',
      headers: {
        'x-requested-with': 'signalbox-console',
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ApiError(0, 'unreachable', 'The broker does not answer.')
  }
  const text = await response.text()
  const value = parsed(text)
  if (response.ok) return value as T
  const { error = response.statusText, reason = text } = (value ?? {}) as { error?: string; reason?: string }
  if (response.status === 401 && reason === 'Login failed' && target !== '/login') {
    for (const listener of lostSession) listener()
  }
  throw new ApiError(response.status, error, reason || `The broker answered ${response.status}.`)
}

function parsed(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Paths are below /api, or whole when they begin with /v1/. All of them @throws ApiError. */
export const api = {
  get: <T>(target: string, params?: Params, signal?: AbortSignal): Promise<T> =>
    request<T>('GET', target, undefined, { params, signal }),
  put: <T = void>(target: string, body: unknown = {}): Promise<T> => request<T>('PUT', target, body),
  post: <T = void>(target: string, body: unknown = {}): Promise<T> => request<T>('POST', target, body),
  patch: <T = void>(target: string, body: unknown): Promise<T> => request<T>('PATCH', target, body),
  del: <T = void>(target: string, params?: Params, headers?: Readonly<Record<string, string>>): Promise<T> =>
    request<T>('DELETE', target, undefined, { params, headers }),
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
