/**
 * SCRAM (RFC 5802, RFC 7677): the secrets kept of a password, and the server's side of a login. The password itself is
 * neither kept nor sent: the client proves that it knows it, the server that it knows what was derived from it.
 *
 *   client first   n,,n=NAME,r=NONCE
 *   server first   r=NONCE+MORE,s=SALT,i=ITERATIONS
 *   client final   c=biws,r=NONCE+MORE,p=PROOF
 *   server final   v=SIGNATURE
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'

export const SCRAM_MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const

export type ScramMechanism = (typeof SCRAM_MECHANISMS)[number]

/** All in base64. */
export interface ScramCredential {
  readonly salt: string
  readonly storedKey: string
  readonly serverKey: string
  readonly iterations: number
}

export type ScramCredentials = { readonly [M in ScramMechanism]?: ScramCredential }

export const SCRAM_ITERATIONS_MIN = 4096
export const SCRAM_ITERATIONS_MAX = 16384

const DIGEST = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const
const DIGEST_BYTES = { 'SCRAM-SHA-256': 32, 'SCRAM-SHA-512': 64 } as const

/** For every mechanism; nothing for an empty password, which never fits. Takes some milliseconds, on purpose. */
export function scramOf(password: string): ScramCredentials {
  if (password === '') return {}
  const made: { [M in ScramMechanism]?: ScramCredential } = {}
  for (const mechanism of SCRAM_MECHANISMS) {
    const salt = randomBytes(20)
    const bytes = DIGEST_BYTES[mechanism]
    const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS_MIN, bytes, DIGEST[mechanism])
    made[mechanism] = scramFromSalted(mechanism, salt, salted, SCRAM_ITERATIONS_MIN)
  }
  return made
}

export function scramFromSalted(
  mechanism: ScramMechanism,
  salt: Uint8Array,
  salted: Uint8Array,
  iterations: number,
): ScramCredential {
  return {
    salt: Buffer.from(salt).toString('base64'),
    storedKey: hash(mechanism, hmac(mechanism, salted, 'Client Key')).toString('base64'),
    serverKey: hmac(mechanism, salted, 'Server Key').toString('base64'),
    iterations,
  }
}

export type ScramStep =
  | { readonly kind: 'challenge' | 'done'; readonly message: string }
  | { readonly kind: 'refused'; readonly reason: string }

/** One login. Nobody learns from its answers which names there are. */
export class ScramLogin {
  /** As the client gave it; of worth once the login is done. */
  name = ''
  private readonly mechanism: ScramMechanism
  private readonly find: (name: string) => ScramCredential | undefined
  private known = false
  private credential: ScramCredential | null = null
  private nonce = ''
  private header = ''
  private opening = ''
  private readonly moreNonce: string

  constructor(
    mechanism: ScramMechanism,
    find: (name: string) => ScramCredential | undefined,
    moreNonce = randomBytes(18).toString('base64url'),
  ) {
    this.mechanism = mechanism
    this.find = find
    this.moreNonce = moreNonce
  }

  /** What the client said, in turn. */
  step(message: string): ScramStep {
    return this.credential === null ? this.first(message) : this.final(message, this.credential)
  }

  private first(message: string): ScramStep {
    const found = /^(n|y),(?:a=([^,]*))?,((?:m=[^,]*,)?n=([^,]*),r=([\x21-\x2b\x2d-\x7e]+)((?:,[^,]+)*))$/.exec(message)
    if (found === null || found[3].startsWith('m=')) return refused('the first message of the client is malformed')
    const [, flag, identity, bare, encoded, clientNonce] = found
    const name = decodeName(encoded)
    if (name === null) return refused('the name is malformed')
    if (identity && decodeName(identity) !== name) return refused('the authorization id differs from the name')
    this.name = name
    this.header = `${flag},${identity === undefined ? '' : `a=${identity}`},`
    const credential = this.find(name)
    this.known = credential !== undefined
    this.credential = credential ?? madeUp(this.mechanism, name)
    this.nonce = clientNonce + this.moreNonce
    const { salt, iterations } = this.credential
    const challenge = `r=${this.nonce},s=${salt},i=${iterations}`
    this.opening = `${bare},${challenge}`
    return { kind: 'challenge', message: challenge }
  }

  private final(message: string, { storedKey, serverKey }: ScramCredential): ScramStep {
    const found = /^(c=([^,]*),r=([^,]*)(?:,[^,]+)*),p=([^,]+)$/.exec(message)
    if (found === null) return refused('the final message of the client is malformed')
    const [, unproved, binding, nonce, proof] = found
    if (nonce !== this.nonce || binding !== Buffer.from(this.header).toString('base64')) {
      return refused('the final message of the client does not follow from its first')
    }
    const { mechanism } = this
    const transcript = `${this.opening},${unproved}`
    const stored = Buffer.from(storedKey, 'base64')
    const signature = hmac(mechanism, stored, transcript)
    const proved = Buffer.from(proof, 'base64')
    if (proved.length !== signature.length) return refused('the proof is malformed')
    for (let i = 0; i < proved.length; i++) proved[i] ^= signature[i]
    const fits = timingSafeEqual(hash(mechanism, proved), stored)
    if (!fits || !this.known) return refused('invalid credentials')
    const answer = hmac(mechanism, Buffer.from(serverKey, 'base64'), transcript)
    return { kind: 'done', message: `v=${answer.toString('base64')}` }
  }
}

function refused(reason: string): ScramStep {
  return { kind: 'refused', reason }
}

/** RFC 5802 §5.1: `,` is written =2C and `=` is written =3D, and no `=` stands for itself. */
function decodeName(encoded: string): string | null {
  if (encoded === '' || /=(?!2C|3D)/.test(encoded)) return null
  return encoded.replaceAll('=2C', ',').replaceAll('=3D', '=')
}

const secret = randomBytes(32)

/** Of a name that has none: the same salt each time it is asked for, and nothing that could fit. */
function madeUp(mechanism: ScramMechanism, name: string): ScramCredential {
  const salt = createHmac('sha256', secret).update(`${mechanism} ${name}`).digest().subarray(0, 20)
  const nothing = Buffer.alloc(DIGEST_BYTES[mechanism]).toString('base64')
  return { salt: salt.toString('base64'), storedKey: nothing, serverKey: nothing, iterations: SCRAM_ITERATIONS_MIN }
}

function hash(mechanism: ScramMechanism, bytes: Uint8Array): Buffer {
  return createHash(DIGEST[mechanism]).update(bytes).digest()
}

function hmac(mechanism: ScramMechanism, key: Uint8Array, text: string): Buffer {
  return createHmac(DIGEST[mechanism], key).update(text, 'utf8').digest()
}
