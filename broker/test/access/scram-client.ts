/** The client's side of SCRAM (RFC 5802 §3). */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'
import type { ScramMechanism } from '../../src/broker/access/scram.ts'

/** The final message, in answer to the server's challenge. `firstBare`: the first message without `n,,`. */
export function scramFinal(mechanism: ScramMechanism, password: string, firstBare: string, challenge: string): string {
  const digest = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512'
  const [, nonce, salt, iterations] = /^r=([^,]*),s=([^,]*),i=(\d+)$/.exec(challenge)!
  const bytes = digest === 'sha256' ? 32 : 64
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), bytes, digest)
  const clientKey = createHmac(digest, salted).update('Client Key').digest()
  const storedKey = createHash(digest).update(clientKey).digest()
  const unproved = `c=biws,r=${nonce}`
  const signature = createHmac(digest, storedKey).update(`${firstBare},${challenge},${unproved}`).digest()
  const proof = Buffer.from(clientKey.map((octet, i) => octet ^ signature[i]))
  return `${unproved},p=${proof.toString('base64')}`
}
