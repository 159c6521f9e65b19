/**
 * Logging in: by name and password with every request, or once for a token that a browser keeps as a cookie no script can
 * read. A token says who and until when and is signed with a key that is kept with the definitions, so any node takes
 * it; it ends with its user, with the user's password, or with its time. Names and addresses that fail too often wait.
 */
import { createHash, randomBytes } from 'node:crypto'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { User } from '../../broker/access/access.ts'
import type { Broker } from '../../broker/broker.ts'

/** Hours that a token is good for. */
export const TOKEN_HOURS = 12
/** Failed logins of one address, and of one name, within a minute. */
const FAILURES_MAX = 20
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
  private key: Uint8Array | null = null

  constructor(broker: Broker) {
    this.broker = broker
  }

  async check(name: string, password: string, { address, loopback }: LoginPlace): Promise<LoginResult> {
    const limited = [`address ${address}`, `name ${name}`]
    for (const one of limited) {
      const failed = await this.failures.get(one)
      if (failed !== null && failed.consumedPoints >= FAILURES_MAX) return { refused: 'too-many' }
    }
    const user = this.broker.access.authenticate(name, password, loopback)
    if (user !== null) return { user }
    for (const one of limited) await this.failures.consume(one).catch(() => {})
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
