/**
 * The definitions that outlive the process: vhosts, exchanges, queues, bindings, users, permissions, each one small
 * JSON value under an id. Trade: a value is written whole at every change, so replay needs no order but the last.
 */
import type { LogEngine } from '../log/engine.ts'

export type DefinitionKind = 'vhost' | 'exchange' | 'queue' | 'binding' | (string & {})

export interface Definition {
  readonly kind: DefinitionKind
  readonly key: readonly string[]
  readonly value: unknown
}

export class Catalog {
  /** The round of the newest change: an answer that rests on definitions waits for it. */
  lastRound = 0
  private readonly engine: LogEngine
  private readonly encoder = new TextEncoder()

  constructor(engine: LogEngine) {
    this.engine = engine
  }

  put(kind: DefinitionKind, key: readonly string[], value: unknown): void {
    this.engine.define(JSON.stringify([kind, ...key]), this.encoder.encode(JSON.stringify(value, packed)))
    this.lastRound = this.engine.openRound
  }

  remove(kind: DefinitionKind, key: readonly string[]): void {
    this.engine.define(JSON.stringify([kind, ...key]), null)
    this.lastRound = this.engine.openRound
  }

  has(kind: DefinitionKind, key: readonly string[]): boolean {
    return this.engine.definitions.has(JSON.stringify([kind, ...key]))
  }

  /** All definitions of one kind, in no order. */
  *all(kind: DefinitionKind): Iterable<Definition> {
    const decoder = new TextDecoder()
    const head = `[${JSON.stringify(kind)}`
    for (const [id, bytes] of this.engine.definitions) {
      if (!id.startsWith(head)) continue
      const [, ...key] = JSON.parse(id) as string[]
      yield { kind, key, value: JSON.parse(decoder.decode(bytes), unpacked) }
    }
  }
}

// JSON has neither bytes nor 64-bit integers, and AMQP arguments have both.

function packed(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $bigint: value.toString() }
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') }
  // Buffers turn themselves into this before a replacer sees them.
  if (isBufferJson(value)) return { $bytes: Buffer.from(value.data).toString('base64') }
  return value
}

function unpacked(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if ('$bigint' in value) return BigInt(value.$bigint as string)
  if ('$bytes' in value) return new Uint8Array(Buffer.from(value.$bytes as string, 'base64'))
  return value
}

function isBufferJson(value: unknown): value is { data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value
}
