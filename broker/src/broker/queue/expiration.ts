/** The `expiration` property: the message's own time to live, in ms, as decimal digits (RabbitMQ's per-message TTL). */
import { Refusal } from '../refusal.ts'

/** Ten years. */
const EXPIRATION_MS_MAX = 315_360_000_000

/** @throws Refusal precondition-failed, in RabbitMQ's words, for what is no number of milliseconds. */
export function expirationMs(bytes: Uint8Array, pos: number, length: number): number {
  let value = 0
  for (let i = 0; i < length; i++) {
    const digit = bytes[pos + i] - 0x30
    if (digit < 0 || digit > 9) return signed(bytes, pos, length)
    value = value * 10 + digit
  }
  if (length === 0 || value > EXPIRATION_MS_MAX) return signed(bytes, pos, length)
  return value
}

/** As Erlang reads an integer: a sign may stand before it. */
function signed(bytes: Uint8Array, pos: number, length: number): number {
  const text = Buffer.from(bytes.subarray(pos, pos + length)).toString()
  const [, digits, rest] = /^([+-]?\d+)(.*)$/s.exec(text) ?? []
  if (digits === undefined) return refuse(text, 'no_integer')
  if (rest !== '') return refuse(text, `{leftover_string,"${rest}"}`)
  const value = BigInt(digits)
  if (value < 0n) return refuse(text, `{value_negative,${value}}`)
  if (value > EXPIRATION_MS_MAX) return refuse(text, `{value_too_large,${value}}`)
  return Number(value)
}

function refuse(text: string, reason: string): never {
  throw new Refusal('precondition-failed', `invalid expiration '${text}': ${reason}`)
}
