// What consumers of the classic group protocol put into the bytes of JoinGroup and SyncGroup: each starts with its
// version, i16. The broker passes them on unread; it reads them to describe groups and to know a group's topics.
//
// A newer version is read as the newest one known here, since fields are only ever added behind (KIP-429).

import { array, bytes, type Decoded, type Encodable, type Fields, int32, string } from '../field.ts'
import { Message } from '../message.ts'
import { Reader } from '../reader.ts'
import { Writer } from '../writer.ts'

const VERSION_MAX = 3

export const consumerProtocolSubscription = new Message(
  {
    topics: array(string()),
    userData: bytes({ nullable: 0, default: null }),
    ownedPartitions: array({ topic: string(), partitions: array(int32()) }, { since: 1 }),
    generationId: int32({ since: 2, default: -1 }),
    rackId: string({ since: 3, nullable: 0, default: null }),
  },
  Number.POSITIVE_INFINITY,
)

export const consumerProtocolAssignment = new Message(
  {
    assignedPartitions: array({ topic: string(), partitions: array(int32()) }),
    userData: bytes({ nullable: 0, default: null }),
  },
  Number.POSITIVE_INFINITY,
)

/** @throws MalformedMessage */
export function readConsumerProtocol<F extends Fields>(message: Message<F>, octets: Uint8Array): Decoded<F> {
  const reader = new Reader(octets)
  const version = reader.int16()
  if (version < 0) reader.fail(`negative version ${version}`, 0)
  return message.read(reader, Math.min(version, VERSION_MAX))
}

export function encodeConsumerProtocol<F extends Fields>(
  message: Message<F>,
  version: number,
  value: Encodable<F>,
): Uint8Array {
  const writer = new Writer()
  writer.int16(version)
  message.write(writer, version, value)
  return Buffer.concat(writer.finish().parts)
}
