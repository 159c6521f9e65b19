/** An offset that a client asks to have committed, within a transaction or not. */
import type { TopicPartitionOffset } from '../broker/group/offsets.ts'
import type { StreamError } from '../broker/stream-refusal.ts'
import type { Call } from './handler.ts'

interface AskedOffset {
  readonly partitionIndex: number
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}

export function refusesMetadata({ committedMetadata }: AskedOffset, call: Call<never>): StreamError | null {
  const isTooLong = (committedMetadata?.length ?? 0) > call.context.settings.offsetMetadataMaxBytes
  return isTooLong ? 'offset-metadata-too-large' : null
}

/** @param expiresMs -1: as long as the group's offsets are kept */
export function offsetToCommit(
  topic: string,
  asked: AskedOffset,
  committedMs: number,
  expiresMs: number,
): TopicPartitionOffset {
  return {
    topic,
    partition: asked.partitionIndex,
    offset: asked.committedOffset,
    leaderEpoch: asked.committedLeaderEpoch,
    metadata: asked.committedMetadata ?? '',
    committedMs,
    expiresMs,
  }
}
