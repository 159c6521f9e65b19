// Password hashes as RabbitMQ writes them into its definitions, so that users move over with theirs:
//
//   base64( salt, 4 bytes | digest( salt | password in UTF-8 ) )
//
// One round of a fast digest is what that format is; it protects little once the hashes are stolen. Compatibility is
// worth it, and the data directory is to be kept as secret as the messages in it.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Refusal } from '../refusal.ts'

const digests = {
  rabbit_password_hashing_sha256: { name: 'sha256', bytes: 32 },
  rabbit_password_hashing_sha512: { name: 'sha512', bytes: 64 },
  rabbit_password_hashing_md5: { name: 'md5', bytes: 16 },
} as const

export type HashingAlgorithm = keyof typeof digests

export const hashingAlgorithms = Object.keys(digests) as readonly HashingAlgorithm[]

export interface PasswordHash {
  /** Base64; '' lets nobody in. */
  readonly passwordHash: string
  readonly hashingAlgorithm: HashingAlgorithm
}

const saltBytes = 4

export function hashPassword(password: string): PasswordHash {
  const hashingAlgorithm = 'rabbit_password_hashing_sha256'
  const salt = randomBytes(saltBytes)
  const passwordHash = Buffer.concat([salt, digest(hashingAlgorithm, salt, password)]).toString('base64')
  return { passwordHash, hashingAlgorithm }
}

/** @throws Refusal precondition-failed for a hash that no password can have. */
export function checkPasswordHash({ passwordHash, hashingAlgorithm }: PasswordHash): void {
  if (passwordHash === '') return
  const bytes = saltBytes + digests[hashingAlgorithm].bytes
  if (Buffer.from(passwordHash, 'base64').length === bytes) return
  throw new Refusal('precondition-failed', `password hash for ${hashingAlgorithm} must be ${bytes} bytes in base64`)
}

/** Takes as long for a wrong password, an empty hash and no user at all as for the right one. */
export function passwordFits(password: string, expected: PasswordHash | undefined): boolean {
  const { passwordHash, hashingAlgorithm } = expected?.passwordHash ? expected : nobody
  const bytes = Buffer.from(passwordHash, 'base64')
  const given = digest(hashingAlgorithm, bytes.subarray(0, saltBytes), password)
  const equal = timingSafeEqual(given, bytes.subarray(saltBytes))
  return equal && expected !== undefined && expected.passwordHash !== '' && password !== ''
}

const nobody = hashPassword('')

function digest(algorithm: HashingAlgorithm, salt: Uint8Array, password: string): Buffer {
  return createHash(digests[algorithm].name).update(salt).update(password, 'utf8').digest()
}
