/**
 * The record headers that a message brings along beside its own, and the message headers that tell of a record what
 * else has no place. docs/records-and-messages.md is their documentation.
 */

/** Of records: what the message was, beside its headers in readable form. Left out where a record without it says the same. */
export const EXCHANGE_HEADER = Buffer.from('amqp.exchange')
export const KEY_HEADER = Buffer.from('amqp.key')
export const PROPERTIES_HEADER = Buffer.from('amqp.properties')

/** Of messages: the record key, where it is not the routing key. */
export const PARTITION_KEY = Buffer.from('x-partition-key')
/** Of messages: a record key that cannot be a routing key. */
export const RECORD_KEY = Buffer.from('x-record-key')
/** Of messages: the record's value is null, not empty. */
export const TOMBSTONE = Buffer.from('x-tombstone')

export function isName(bytes: Uint8Array, pos: number, length: number, name: Uint8Array): boolean {
  return length === name.length && isEqual(bytes, pos, name, 0, length)
}

/** Whether it is one of those that records have for the broker's own use. */
export function isReserved(bytes: Uint8Array, pos: number, length: number): boolean {
  return (
    isName(bytes, pos, length, PROPERTIES_HEADER) ||
    isName(bytes, pos, length, EXCHANGE_HEADER) ||
    isName(bytes, pos, length, KEY_HEADER)
  )
}

export function isEqual(a: Uint8Array, aPos: number, b: Uint8Array, bPos: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aPos + i] !== b[bPos + i]) return false
  return true
}

/** A topic's name in bytes; made once while the same name is asked for. */
export class TopicNameBytes {
  private name = ''
  private bytes: Uint8Array = Buffer.alloc(0)

  of(name: string): Uint8Array {
    if (name !== this.name) {
      this.name = name
      this.bytes = Buffer.from(name)
    }
    return this.bytes
  }
}
