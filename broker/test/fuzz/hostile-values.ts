// Values of every type in every place where the broker reads one: arguments of queues, exchanges, bindings and
// consumers, headers that ask for something. Half of them are nearly right, since those get farthest.

import { type FieldTag, type Typed, type TypedTable, typed } from '../../src/wire/amqp/field-table.ts'

export type Random = (bound: number) => number

export const pick = <T>(random: Random, from: readonly T[]): T => from[random(from.length)]!

const NUMBERS = [0, 1, 2, 3, 5, 20, 127, 255, 256, 1000, 60_000, 315_360_000_001, 2 ** 32, Number.MAX_SAFE_INTEGER]
const TEXTS = [
  ...['', '1', '-1', '+7', '1.5', '12 s', '٣', 'NaN', 'true', 'none', 'all', 'any', 'all-with-x', 'constructor'],
  ...['__proto__', 'toString', 'default', 'lazy', 'classic', 'quorum', 'stream', 'drop-head', 'reject-publish'],
  ...['reject-publish-dlx', 'at-least-once', 'at-most-once', 'returned', 'failed', 'disabled', 'balanced', 'direct'],
  ...['topic', 'fanout', 'headers', 'x-delayed-message', 'x-random', 'message_id', 'timestamp', 'memory', 'disk'],
  ...['fuzz.dead', 'fuzz.source', 'fuzz.gone', 'amq.direct', 'amq.topic', 'k', '#', '*.*', 'é\u0000\u{10ffff}'],
  ...['a'.repeat(255), 'b'.repeat(256), 'c'.repeat(3000), 'ö'.repeat(128), '12h', '9'.repeat(40)],
]

const DEPTH_MAX = 6

/** A value of any type, as deep as it comes. */
export function anyValue(random: Random, depth = 0): Typed {
  if (random(3) === 0) return typed('S', pick(random, TEXTS))
  if (random(3) === 0) return typed('l', pick(random, NUMBERS))
  const tag = pick(random, 'tbBsuIilLfdDSxTAFV'.split('') as FieldTag[])
  if (depth > DEPTH_MAX && (tag === 'A' || tag === 'F')) return typed('V', null)
  return MAKE[tag](random, depth)
}

const MAKE: { readonly [T in FieldTag]: (random: Random, depth: number) => Typed } = {
  t: (r) => typed('t', r(2) === 0),
  b: (r) => typed('b', pick(r, [-128, -1, 0, 1, 127])),
  B: (r) => typed('B', pick(r, [0, 1, 255])),
  s: (r) => typed('s', pick(r, [-32768, -1, 0, 32767])),
  u: (r) => typed('u', pick(r, [0, 1, 65535])),
  I: (r) => typed('I', pick(r, [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1])),
  i: (r) => typed('i', pick(r, [0, 1, 2 ** 32 - 1])),
  l: (r) => typed('l', pick(r, [-(2n ** 63n), -1, 0, 50, 2n ** 63n - 1n, Date.now() + 20])),
  L: (r) => typed('L', pick(r, [-(2n ** 63n), 0, 2n ** 63n - 1n])),
  f: (r) => typed('f', pick(r, [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY])),
  d: (r) => typed('d', pick(r, [0, -0, 1, 1.5, 1e300, Number.NaN, Number.NEGATIVE_INFINITY])),
  D: (r) => typed('D', { scale: pick(r, [0, 2, 255]), digits: pick(r, [0, 314, 2 ** 32 - 1]) }),
  S: (r) => typed('S', r(2) === 0 ? pick(r, TEXTS) : Uint8Array.from({ length: r(5) }, () => 0x80 + r(128))),
  x: (r) =>
    typed(
      'x',
      Uint8Array.from({ length: r(9) }, () => r(256)),
    ),
  T: (r) => typed('T', pick(r, [0, Math.floor(Date.now() / 1000) + 1, 2 ** 40, 2n ** 64n - 1n])),
  A: (r, depth) =>
    typed(
      'A',
      Array.from({ length: r(4) }, () => anyValue(r, depth + 1)),
    ),
  F: (r, depth) => typed('F', anyTable(r, ['count', 'reason', 'queue', 'type', 'value', ''], depth + 1)),
  V: () => typed('V', null),
}

/** A table with some of these names, and now and then one of them twice. */
export function anyTable(random: Random, names: readonly string[], depth = 0): TypedTable {
  return Array.from({ length: random(4) }, () => [pick(random, names), anyValue(random, depth)] as const)
}

/** A past that a client makes up: mostly a list of deaths, each field of which may be anything. */
export function anyDeaths(random: Random): Typed {
  if (random(4) === 0) return anyValue(random)
  if (random(8) === 0) return nested(60)
  const field = (likely: Typed): Typed => (random(3) === 0 ? anyValue(random) : likely)
  const death = (): Typed =>
    typed('F', [
      ['count', field(typed('l', pick(random, [0, 1, Number.MAX_SAFE_INTEGER, 2n ** 63n - 1n])))],
      ['reason', field(typed('S', pick(random, ['rejected', 'expired', 'maxlen', 'delivery_limit'])))],
      ['queue', field(typed('S', pick(random, ['fuzz.dying', 'fuzz.source', 'fuzz.morgue'])))],
      ['time', field(typed('T', 1))],
      ['exchange', field(typed('S', ''))],
      ['routing-keys', field(typed('A', [typed('S', 'k')]))],
    ])
  return typed(
    'A',
    Array.from({ length: random(5) }, () => field(death())),
  )
}

function nested(depth: number): Typed {
  let value = typed('A', []) as Typed
  for (let left = depth; left > 0; left--) value = typed('A', [value])
  return value
}
