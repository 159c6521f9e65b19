/**
 * SASL on one connection: the handshake names a mechanism, tokens follow, and with the last one the principal is known.
 * The same again later renews it, for the same principal. Until then only the APIs of the login are served.
 *
 *   SaslHandshake v1, then SaslAuthenticate with a token each
 *   SaslHandshake v0, then bare tokens: size, 4 bytes | token
 */
import type { Timer } from '../base/clock.ts'
import { SCRAM_MECHANISMS, ScramLogin } from '../broker/access/scram.ts'
import { admission, principalOf } from './principal.ts'
import type { KafkaSession } from './session.ts'

export const MECHANISMS = ['PLAIN', ...SCRAM_MECHANISMS] as const
export type Mechanism = (typeof MECHANISMS)[number]

const API_VERSIONS = 18
const SASL_HANDSHAKE = 17
const SASL_AUTHENTICATE = 36

/** A refused login is answered late, so that guessing is slow (Kafka's connection.failed.authentication.delay.ms). */
const REFUSAL_DELAY_MS = 100

export type LoginStep =
  | { readonly kind: 'token'; readonly token: Uint8Array }
  | { readonly kind: 'refused'; readonly text: string }

type Step = { readonly kind: 'token'; readonly token: Uint8Array; readonly done: string | null } | Refused
interface Refused {
  readonly kind: 'refused'
  readonly text: string
}

const NO_TOKEN = new Uint8Array(0)
const refused = (text: string): Refused => ({ kind: 'refused', text })

export class Login {
  private readonly session: KafkaSession
  private expects: 'handshake' | 'token' | 'anything' = 'handshake'
  private mechanism: Mechanism = 'PLAIN'
  private scram: ScramLogin | null = null
  private bare = false
  /** The name the client gave, proved or not. */
  private claimed = ''
  private timer: Timer | null = null

  constructor(session: KafkaSession) {
    this.session = session
  }

  get takesRawTokens(): boolean {
    return this.bare && this.expects === 'token'
  }

  get isWaitingForToken(): boolean {
    return this.expects === 'token'
  }

  /** Why this request cannot be served now, if so: the connection ends. */
  objection(key: number, name: string): string | null {
    if (this.expects === 'anything') return null
    if (this.expects === 'token') {
      return key === SASL_AUTHENTICATE ? null : `SaslAuthenticate was expected, ${name} came`
    }
    return key === SASL_HANDSHAKE || key === API_VERSIONS
      ? null
      : `unexpected request ${name} during the SASL handshake`
  }

  /** @returns whether the mechanism is one of ours. */
  handshake(mechanism: string, bare: boolean): boolean {
    const found = MECHANISMS.find((one) => one === mechanism)
    if (found === undefined) return false
    this.mechanism = found
    this.scram = found === 'PLAIN' ? null : new ScramLogin(found, (name) => this.scramCredential(name)?.scram?.[found])
    this.bare = bare
    this.expects = 'token'
    return true
  }

  private scramCredential(name: string) {
    const { access } = this.session.context.broker
    return access.user(principalOf(name, access).user)
  }

  /** The answer comes at once, that of a refused login late; the session is open behind the last one. */
  authenticate(token: Uint8Array, respond: (step: LoginStep) => void): void {
    const step = this.step(token)
    if (step.kind === 'refused') {
      this.refuse(step.text, respond)
      return
    }
    if (step.done !== null) {
      const objection = this.complete(step.done)
      if (objection !== null) {
        this.refuse(objection, respond)
        return
      }
    }
    respond(step)
  }

  rawToken(token: Uint8Array): void {
    const { session } = this
    // One was refused: the connection is about to end, and no guess behind it is looked at.
    if (this.timer !== null) return
    this.authenticate(token, (step) => {
      if (step.kind === 'refused') return
      const head = Buffer.alloc(4)
      head.writeInt32BE(step.token.length)
      session.send(head)
      session.send(step.token)
    })
  }

  private step(token: Uint8Array): Step {
    if (this.scram === null) return this.plain(token)
    const step = this.scram.step(Buffer.from(token).toString())
    this.claimed = this.scram.name
    if (step.kind === 'refused') {
      return refused(
        `Authentication failed during authentication due to ${step.reason} with SASL mechanism ${this.mechanism}`,
      )
    }
    return { kind: 'token', token: Buffer.from(step.message), done: step.kind === 'done' ? this.scram.name : null }
  }

  /** RFC 4616: `authorization NUL name NUL password`. */
  private plain(token: Uint8Array): Step {
    const parts = Buffer.from(token).toString().split('\0')
    if (parts.length !== 3) return refused(`Invalid SASL/PLAIN response: expected 3 tokens, got ${parts.length}`)
    const [identity, name, password] = parts
    this.claimed = name
    if (name === '') return refused('Authentication failed: username not specified')
    if (password === '') return refused('Authentication failed: password not specified')
    if (identity !== '' && identity !== name) {
      return refused('Authentication failed: Client requested an authorization id that is different from username')
    }
    const { context, transport } = this.session
    const { access } = context.broker
    const user = access.authenticate(principalOf(name, access).user, password, transport.peer.loopback)
    if (user === null) return refused('Authentication failed: Invalid username or password')
    return { kind: 'token', token: NO_TOKEN, done: name }
  }

  /** The name is proved. @returns why it may not come in all the same. */
  private complete(name: string): string | null {
    const { session, mechanism } = this
    if (session.state === 'open') return this.renew(name)
    const admitted = admission(session, name)
    if (typeof admitted === 'string') return `Authentication failed: ${admitted}`
    this.emit('user.authentication.success', admitted.user)
    session.enter(admitted, mechanism)
    this.expects = 'anything'
    return null
  }

  private renew(name: string): string | null {
    const { session, mechanism } = this
    const { user, vhost } = principalOf(name, session.context.broker.access)
    const { asker } = session
    if (asker!.user !== user || asker!.vhost !== vhost || session.mechanism !== mechanism) {
      return 'Cannot change principals during re-authentication'
    }
    this.expects = 'anything'
    return null
  }

  private refuse(text: string, respond: (step: LoginStep) => void): void {
    const { session, mechanism, claimed } = this
    const { broker } = session.context
    this.emit('user.authentication.failure', claimed)
    broker.logger.warn(
      { peer: session.transport.peer.address, user: claimed, mechanism, reason: text },
      'login refused',
    )
    this.timer = broker.clock.setTimer(REFUSAL_DELAY_MS, () => {
      respond(refused(text))
      session.close('login refused')
    })
  }

  private emit(event: 'user.authentication.success' | 'user.authentication.failure', name: string): void {
    const { session, mechanism } = this
    const { events, loginAttempts } = session.context.broker
    loginAttempts.count('kafka', event === 'user.authentication.success')
    events.emit(event, {
      name,
      mechanism,
      peer: session.transport.peer,
      connectionName: session.name,
    })
  }

  end(): void {
    if (this.timer !== null) this.session.context.broker.clock.clearTimer(this.timer)
    this.timer = null
  }
}
