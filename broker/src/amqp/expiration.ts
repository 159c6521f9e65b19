/** The `expiration` property: the message's own time to live, in ms, as decimal digits (RabbitMQ's per-message TTL). */
import { Refusal } from '../broker/refusal.ts'

export const EXPIRATION_MS_MAX = 0xffffffff

/** @throws Refusal precondition-failed, in RabbitMQ's words, for what is no number of milliseconds. */
export function expirationMs(bytes: Uint8Array, pos: number, length: number): number {
  let value = 0
  for (let i = 0; i < length; i++) {
    const digit = bytes[pos + i] - 0x30
    if (digit < 0 || digit > 9) return refuse(bytes, pos, length)
    value = value * 10 + digit
  }
  if (length === 0 || value > EXPIRATION_MS_MAX) return refuse(bytes, pos, length)
  return value
}

function refuse(bytes: Uint8Array, pos: number, length: number): never {
  const text = Buffer.from(bytes.subarray(pos, pos + length)).toString()
  throw new Refusal('precondition-failed', `invalid expiration '${text}': ${reason(text)}`)
}

function reason(text: string): string {
  if (!/^[+-]?\d+$/.test(text)) return 'no_integer'
  const value = BigInt(text)
  return value < 0n ? `{value_negative,${value}}` : `{value_too_large,${value}}`
}
