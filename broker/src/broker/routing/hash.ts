// The hash by which exchanges spread messages. Its values decide where messages go, also across restarts and versions:
// they must never change.

/** 32 bits, unsigned, evenly spread also for texts that differ in one character (FNV-1a with murmur3's finish). */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mixed(hash)
}

/** Spreads 32 bits over 32 bits, one to one. */
export function mixed(bits: number): number {
  let hash = bits
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
