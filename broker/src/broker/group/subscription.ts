// What consumers and the leader of their classic group tell each other (ConsumerProtocolSubscription and
// ConsumerProtocolAssignment), as far as the broker looks into it or says it in a leader's place.
//
//   subscription  version i16 | n × topic | user data | from 1: n × (topic | n × i32) owned | from 2: generation i32
//                 | from 3: rack
//   assignment    version i16 | n × (topic | n × i32) | user data
//
// A text is its length in an i16, -1 for none; user data has an i32; a list begins with its count in an i32.

export type NamedPartitions = readonly (readonly [topic: string, partitions: readonly number[]])[]

export interface Subscription {
  readonly version: number
  readonly topics: readonly string[]
  readonly owned: NamedPartitions
  readonly rackId: string | null
}

const decoder = new TextDecoder()

/** @returns null if these bytes are not a subscription; the topics may be there if the rest is not */
export function subscribedTopics(metadata: Uint8Array): string[] | null {
  return read(metadata, (cursor) => {
    cursor.int16()
    return cursor.list(() => cursor.text())
  })
}

/** @returns null if these bytes are not a subscription */
export function readSubscription(metadata: Uint8Array): Subscription | null {
  return read(metadata, (cursor) => {
    const version = cursor.int16()
    const topics = cursor.list(() => cursor.text())
    cursor.skipData()
    const owned = version < 1 ? [] : cursor.partitions()
    if (version >= 2) cursor.int32()
    return { version, topics, owned, rackId: version < 3 ? null : cursor.nullableText() }
  })
}

/** @returns null if these bytes are not an assignment; no bytes at all assign nothing */
export function readAssignment(bytes: Uint8Array): NamedPartitions | null {
  if (bytes.length === 0) return []
  return read(bytes, (cursor) => {
    cursor.int16()
    return cursor.partitions()
  })
}

/** @param version of the subscription it answers */
export function writeAssignment(version: number, assigned: NamedPartitions): Uint8Array {
  const names = assigned.map(([topic]) => Buffer.from(topic))
  let size = 2 + 4 + 4
  for (const [index, [, partitions]] of assigned.entries()) size += 2 + names[index]!.length + 4 + 4 * partitions.length
  const bytes = Buffer.alloc(size)
  let position = bytes.writeInt16BE(version)
  position = bytes.writeInt32BE(assigned.length, position)
  for (const [index, [, partitions]] of assigned.entries()) {
    const name = names[index]!
    position = bytes.writeInt16BE(name.length, position)
    position += name.copy(bytes, position)
    position = bytes.writeInt32BE(partitions.length, position)
    for (const partition of partitions) position = bytes.writeInt32BE(partition, position)
  }
  bytes.writeInt32BE(-1, position)
  return new Uint8Array(bytes)
}

function read<T>(bytes: Uint8Array, take: (cursor: Cursor) => T): T | null {
  try {
    return take(new Cursor(bytes))
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Every read beyond the end is a RangeError. */
class Cursor {
  private readonly bytes: Uint8Array
  private readonly view: DataView
  private position = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (this.view.getInt16(0) < 0) throw new RangeError('a version below 0')
  }

  int16(): number {
    this.position += 2
    return this.view.getInt16(this.position - 2)
  }

  int32(): number {
    this.position += 4
    return this.view.getInt32(this.position - 4)
  }

  nullableText(): string | null {
    const length = this.int16()
    if (length < 0) return null
    this.position += length
    if (this.position > this.bytes.length) throw new RangeError('a text beyond the end')
    return decoder.decode(this.bytes.subarray(this.position - length, this.position))
  }

  text(): string {
    const text = this.nullableText()
    if (text === null) throw new RangeError('a text is missing')
    return text
  }

  skipData(): void {
    const length = this.int32()
    this.position += Math.max(length, 0)
  }

  list<T>(item: () => T): T[] {
    const count = this.int32()
    if (count < 0) throw new RangeError('a list of no length')
    const items: T[] = []
    for (let n = 0; n < count; n++) items.push(item())
    return items
  }

  partitions(): NamedPartitions {
    return this.list(() => [this.text(), this.list(() => this.int32())] as const)
  }
}
