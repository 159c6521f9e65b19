/**
 * The door to chance: ids, server-made names, jitter. The seeded twin makes a whole run repeat from one number.
 * Passwords and salts are not drawn here but from node:crypto where they are used.
 */
import { randomBytes, randomInt } from 'node:crypto'

export interface Random {
  bytes(length: number): Uint8Array
  /** A whole number, 0 <= number < limit; limit at most 2^32. */
  below(limit: number): number
}

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  below: (limit) => randomInt(limit),
}

/** The same seed gives the same sequence, on every machine (sfc32). */
export class SeededRandom implements Random {
  #a: number
  #b: number
  #c = 0x9e3779b9
  #count = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0
    for (let i = 0; i < 12; i++) this.#next()
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) bytes[i] = this.#next()
    return bytes
  }

  below(limit: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * limit)
  }

  /** True `numerator` times out of `denominator`. */
  chance(numerator: number, denominator: number): boolean {
    return this.below(denominator) < numerator
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }
}
