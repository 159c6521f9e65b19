/**
 * Kafka's hash of record keys, so that all who write a key, by whatever protocol, meet in one partition: murmur2 with
 * the seed of Kafka's own clients, its sign bit cleared, modulo the number of partitions (KIP-480 for records with a key).
 */
const SEED = 0x9747b28c
const M = 0x5bd1e995
const R = 24

/** 32 bits, signed. */
export function murmur2(key: Uint8Array): number {
  const { length } = key
  let h = SEED ^ length
  let at = 0
  for (const whole = length & ~3; at < whole; at += 4) {
    let k = key[at] | (key[at + 1] << 8) | (key[at + 2] << 16) | (key[at + 3] << 24)
    k = Math.imul(k, M)
    k ^= k >>> R
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }
  const rest = length & 3
  if (rest > 0) {
    if (rest === 3) h ^= key[at + 2] << 16
    if (rest >= 2) h ^= key[at + 1] << 8
    h = Math.imul(h ^ key[at], M)
  }
  h = Math.imul(h ^ (h >>> 13), M)
  return h ^ (h >>> 15)
}

/** The partition of a key, of so many. */
export function partitionOf(key: Uint8Array, count: number): number {
  return (murmur2(key) & 0x7fffffff) % count
}
