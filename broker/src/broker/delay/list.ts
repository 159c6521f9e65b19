/** Looks at delayed messages without touching them: for operators. */
import { Seek } from '../../log/engine.ts'
import { MessageView } from '../../record/message.ts'
import { type DueBucket, placeIn } from './due-bucket.ts'

export interface DelayedMessage {
  /** Names it until it is delivered, or moved to a narrower bucket. */
  readonly place: number
  /** ms since 1970 */
  readonly dueMs: number
  readonly key: string
  /** A copy. */
  readonly properties: Uint8Array
  readonly body: Uint8Array
}

/** Sorted by their times among themselves. @throws Error when a file cannot be read */
export async function listMessages(buckets: readonly DueBucket[], limit: number): Promise<DelayedMessage[]> {
  const found: DelayedMessage[] = []
  for (const bucket of buckets) {
    if (found.length >= limit) break
    await listBucket(bucket, limit, found)
  }
  return found.sort((a, b) => a.dueMs - b.dueMs)
}

async function listBucket(bucket: DueBucket, limit: number, found: DelayedMessage[]): Promise<void> {
  const { log, taken } = bucket
  const view = new MessageView()
  for (let at = 0; found.length < limit; ) {
    const result = log.seek(at, view)
    if (result === Seek.end) return
    if (result === Seek.cold) {
      await new Promise<void>((resolve, reject) => {
        log.load(at, (error) => (error === null ? resolve() : reject(error)))
      })
      continue
    }
    at = view.offset + 1
    if (!taken.has(view.offset)) found.push(messageOf(placeIn(log, view.offset), view))
  }
}

function messageOf(place: number, view: MessageView): DelayedMessage {
  const { buffer, keyPos, keyLen, propertiesPos, propertiesLen, bodyPos, bodyLen } = view
  return {
    place,
    dueMs: view.expiry,
    key: Buffer.from(buffer.subarray(keyPos, keyPos + keyLen)).toString(),
    properties: new Uint8Array(buffer.subarray(propertiesPos, propertiesPos + propertiesLen)),
    body: Buffer.concat(view.bodyParts ?? [buffer.subarray(bodyPos, bodyPos + bodyLen)]),
  }
}
