/**
 * Logging in: by name and password with every request, or once for a token that a browser keeps as a cookie no script can
 * read. A token says who and until when and is signed with a key that is kept with the definitions, so any node takes
 * it; it ends with its user, with the user's password, or with its time.
 *
 * Who fails too often waits: an address with one name, and an address with all names. Nobody is kept out by what others
 * try from elsewhere, so that no stranger can lock a user out; a name that is guessed at from very many addresses is
 * protected by its password alone. An address of IPv6 is its network of 64 bits, of which one machine has all.
 */
import { createHash, randomBytes } from 'node:crypto'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { User } from '../../broker/access/access.ts'
import type { Broker } from '../../broker/broker.ts'

/** Hours that a token is good for. */
export const TOKEN_HOURS = 12
/** Failed logins from one address within a minute: as one user, and in all. */
const FAILURES_MAX = 20
const FAILURES_OF_ADDRESS_MAX = 200
const WINDOW_SECONDS = 60

const KIND = 'http-key'

export interface LoginPlace {
  readonly address: string
  readonly loopback: boolean
}

export type LoginResult = { readonly user: User } | { readonly refused: 'wrong' | 'too-many' }

export class Logins {
  private readonly broker: Broker
  private readonly failures = new RateLimiterMemory({ points: FAILURES_MAX, duration: WINDOW_SECONDS })
  private readonly ofAddress = new RateLimiterMemory({ points: FAILURES_OF_ADDRESS_MAX, duration: WINDOW_SECONDS })
  private key: Uint8Array | null = null

  constructor(broker: Broker) {
    this.broker = broker
  }

  async check(name: string, password: string, { address, loopback }: LoginPlace): Promise<LoginResult> {
    const from = networkOf(address)
    const limits = [[this.failures, `${from} ${name}`] as const, [this.ofAddress, from] as const]
    for (const [limit, key] of limits) {
      const failed = await limit.get(key)
      if (failed !== null && failed.remainingPoints <= 0) return { refused: 'too-many' }
    }
    const user = this.broker.access.authenticate(name, password, loopback)
    this.broker.loginAttempts.count('http', user !== null)
    if (user !== null) return { user }
    for (const [limit, key] of limits) await limit.consume(key).catch(() => {})
    return { refused: 'wrong' }
  }

  async issueToken(user: User): Promise<string> {
    const { SignJWT } = await import('jose')
    return new SignJWT({ pw: mark(user) })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(user.name)
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_HOURS}h`)
      .sign(this.signingKey())
  }

  /** Null for one that is none, is over, or whose user is gone or has another password. */
  async userOf(token: string, { loopback }: LoginPlace): Promise<User | null> {
    const { jwtVerify } = await import('jose')
    try {
      const { payload } = await jwtVerify(token, this.signingKey(), { algorithms: ['HS256'] })
      const user = this.broker.access.user(payload.sub ?? '')
      if (user === undefined || payload.pw !== mark(user)) return null
      return this.broker.access.mayComeFrom(user.name, loopback) ? user : null
    } catch {
      return null
    }
  }

  private signingKey(): Uint8Array {
    if (this.key !== null) return this.key
    const { catalog } = this.broker
    for (const { value } of catalog.all(KIND)) this.key = value as Uint8Array
    if (this.key === null) {
      this.key = randomBytes(32)
      catalog.put(KIND, [], this.key)
    }
    return this.key
  }
}

/** Another as soon as the password is. */
function mark(user: User): string {
  return createHash('sha256').update(user.passwordHash).digest('base64url').slice(0, 16)
}

/** An address of IPv4 as it is. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.includes('.')) return address
  const [head, tail] = address.split('%', 1)[0].split('::')
  const first = head === '' ? [] : head.split(':')
  const missing = tail === undefined ? 0 : 8 - first.length - (tail === '' ? 0 : tail.split(':').length)
  return [...first, ...Array(missing).fill('0'), ...(tail ?? '').split(':')].slice(0, 4).join(':')
}
