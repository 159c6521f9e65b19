/**
 * A running broker, as the management API (`/api`) and messaging by HTTP (`/v1`) show it. What goes wrong is told in the
 * broker's own words; what it cannot tell (nobody there, who is asking) with what to do about it.
 */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { CommandError } from './command-error.ts'
import { request, textOf } from './http-request.ts'

/** Refused by the broker. */
export class ApiError extends CommandError {
  override name = 'ApiError'
  readonly status: number
  /** The broker's word for it, such as `not_found`. */
  readonly error: string

  constructor(status: number, error: string, message: string) {
    super(message)
    this.status = status
    this.error = error
  }
}

/** Nobody is there, or nobody any more. */
export class UnreachableError extends CommandError {
  override name = 'UnreachableError'
}

/** Is not shown. */
const LOGIN = /(?<=\/\/)[^/]*@/

type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'

export class BrokerApi {
  readonly url: string
  readonly user: string
  readonly password: string
  readonly #authorization: string
  readonly #signal: AbortSignal

  /**
   * @param url may carry a user and a password, which win.
   * @param signal ends what is under way.
   * @throws CommandError if the address is none.
   */
  constructor(url: string, user: string, password: string, signal: AbortSignal) {
    const parsed = URL.parse(url.includes('://') ? url : `http://${url}`)
    if (!parsed || !/^https?:$/.test(parsed.protocol)) {
      throw new CommandError(`${url.replace(LOGIN, '')} is no address of a broker's HTTP port: http://host:port is`)
    }
    this.url = `${parsed.origin}${parsed.pathname.replace(/\/$/, '')}`
    this.user = decoded(parsed.username) || user
    this.password = decoded(parsed.password) || password
    this.#authorization = `Basic ${Buffer.from(`${this.user}:${this.password}`).toString('base64')}`
    this.#signal = signal
  }

  /** The same broker for what is finished after an interruption too; a second one ends the process. */
  finishing(): BrokerApi {
    return new BrokerApi(this.url, this.user, this.password, new AbortController().signal)
  }

  /** @throws ApiError, CommandError */
  async get<T>(path: string): Promise<T> {
    return (await this.#answer('GET', path)) as T
  }

  /** @throws ApiError, CommandError */
  async post<T>(path: string, body: unknown = {}): Promise<T> {
    return (await this.#answer('POST', path, body)) as T
  }

  /** @returns whether it is new (201). @throws ApiError, CommandError */
  async put(path: string, body: unknown = {}): Promise<boolean> {
    const answer = await this.#open('PUT', path, body)
    await this.#textOf(answer)
    return answer.statusCode === 201
  }

  /** @throws ApiError, CommandError */
  async patch(path: string, body: unknown): Promise<void> {
    await this.#answer('PATCH', path, body)
  }

  /** @throws ApiError, CommandError */
  async delete(path: string, body?: unknown): Promise<void> {
    await this.#answer('DELETE', path, body)
  }

  /** What GET answers, as it is. @throws ApiError, CommandError */
  async text(path: string): Promise<string> {
    return this.#textOf(await this.#open('GET', path))
  }

  /** What GET answers, to be read as it comes; a stream that ends with an error if it is cut off. @throws ApiError, CommandError */
  async follow(path: string): Promise<Readable> {
    return this.#open('GET', path)
  }

  /** Unless it is a 2xx, it is thrown. */
  async #open(method: Method, path: string, body?: unknown): Promise<IncomingMessage> {
    const headers = { authorization: this.#authorization, 'content-type': 'application/json' }
    const sent = { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal: this.#signal }
    const answer = await this.#reached(request(this.url + path, sent))
    const { statusCode: status = 0 } = answer
    if (status >= 200 && status < 300) return answer
    throw this.#refusal(status, await this.#textOf(answer), path)
  }

  async #answer(method: Method, path: string, body?: unknown): Promise<unknown> {
    const text = await this.#textOf(await this.#open(method, path, body))
    if (text === '') return undefined
    try {
      return JSON.parse(text)
    } catch {
      throw new CommandError(`what answers at ${this.url} is no Signalbox: ${path} is not JSON`)
    }
  }

  #textOf(answer: IncomingMessage): Promise<string> {
    return this.#reached(textOf(answer))
  }

  async #reached<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (this.#signal.aborted) throw error
      throw new UnreachableError(this.#unreachable(error as NodeJS.ErrnoException))
    }
  }

  #unreachable(error: NodeJS.ErrnoException): string {
    if (error.code === 'ECONNREFUSED') {
      return `no broker listens at ${this.url}: start one with \`signalbox start\`, or name another with --url`
    }
    return `${this.url} cannot be reached: ${error.message || error.code}`
  }

  #refusal(status: number, body: string, path: string): ApiError {
    const { error, reason } = refusalIn(body)
    if (status === 401 && (reason === '' || /log ?in failed|not_authorised|unauthorized/i.test(reason))) {
      const text = `${this.url} does not take the login of ${this.user}: see --user and --password`
      return new ApiError(status, error, reason === '' ? text : `${text} (${reason})`)
    }
    if (
      /^vhost(_or_user)?_not_found$/.test(reason) ||
      (status === 404 && /^(not found|object not found|\w+_not_found|)$/i.test(reason))
    ) {
      return new ApiError(status, error, missing(path, reason))
    }
    return new ApiError(status, error, reason || `${this.url} answers ${status} to ${path}`)
  }
}

/** Who writes a bare % into a login means it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Names that an address cannot carry: it would be that of the whole collection, or of another. */
const NO_SEGMENT = /^\.{0,2}$/

/**
 * An address whose values are percent-encoded: address`/api/queues/${vhost}/${name}`.
 *
 * @throws CommandError
 */
export function address(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  for (const value of values) {
    if (NO_SEGMENT.test(String(value))) throw new CommandError(`'${value}' is no name that can be asked for by HTTP`)
  }
  return parts.reduce((whole, part, at) => whole + encodeURIComponent(values[at - 1]!) + part)
}

function refusalIn(body: string): { error: string; reason: string } {
  try {
    const { error = '', reason = '' } = JSON.parse(body)
    return { error: String(error), reason: wordsOf(reason) }
  } catch {
    return { error: '', reason: '' }
  }
}

/** RabbitMQ sends terms of Erlang as lists, and some texts as lists of their octets. */
function wordsOf(reason: unknown): string {
  if (!Array.isArray(reason)) return String(reason)
  const isText = reason.length > 0 && reason.every((part) => Number.isInteger(part))
  return isText ? Buffer.from(reason).toString() : reason.map(wordsOf).join(', ')
}

const NOUNS: Readonly<Record<string, string>> = {
  queues: 'queue',
  exchanges: 'exchange',
  topics: 'topic',
  groups: 'group',
  policies: 'policy',
  'operator-policies': 'operator policy',
  users: 'user',
  vhosts: 'vhost',
}

/** What an address names and the broker does not have: `/api/queues/%2F/orders` is the queue orders. */
function missing(path: string, reason: string): string {
  const [, collection, first, second] = path.split('?')[0]!.slice(1).split('/').map(decodeURIComponent)
  const noun = NOUNS[collection!]
  if (reason === 'vhost_not_found') return `there is no vhost ${first}`
  if (reason === 'vhost_or_user_not_found') return `there is no vhost ${first}, or no user ${second}`
  const lost = /^(\w+)_not_found$/.exec(reason)?.[1]
  if (lost !== undefined && lost !== noun) return `there is no such ${lost}`
  if (collection === 'vhosts' || collection === 'users') return `there is no ${noun} ${first}`
  if (second === undefined && first !== undefined) return `there is no vhost ${first}`
  return noun === undefined ? `not found: ${path}` : `there is no ${noun} ${second} in vhost ${first}`
}
