/**
 * Segments after a start: cut to what the checkpoint counts (what is behind stands in the journal too), removed where
 * nothing of them is needed, refused where something needed is missing.
 */
import { Damage } from './damage.ts'
import type { FileLog } from './file-log.ts'
import type { Segment } from './segment.ts'
import type { SegmentStore } from './segment-store.ts'

/** Counts what is unsettled in the files, and removes those that belong to nothing. @throws Damage */
export async function recoverSegments(store: SegmentStore, logs: readonly FileLog[]): Promise<void> {
  const sizes = await store.onDisk()
  for (const log of logs) {
    if (log.coldEnd === 0) continue
    let counted = 0
    for (const segment of [...(log.cold?.durable.segments ?? [])]) {
      segment.recount(log.ledger.countUnsettled(segment.base, segment.end))
      counted += segment.unsettled
      const size = sizes.get(segment.path) ?? 0
      if (segment.unsettled > 0) await fit(store, log, segment, size)
      else log.cold!.durable.dropIfEmpty(segment)
      if (!segment.isExact) await segment.measure(log.ledger)
      sizes.delete(segment.path)
    }
    const missing = log.ledger.countUnsettled(0, log.coldEnd) - counted
    if (missing > 0)
      throw new Damage(store.folder, `${missing} records of log ${log.id} (${log.owner}) stand in no segment`)
    log.coldCount += counted
    log.unsettled += counted
  }
  for (const orphan of sizes.keys()) await store.remove(orphan)
}

async function fit(store: SegmentStore, log: FileLog, segment: Segment, size: number): Promise<void> {
  if (size < segment.length) {
    const range = `offsets ${segment.base} to ${segment.end - 1} of log ${log.id} (${log.owner})`
    throw new Damage(segment.path, `it has ${size} bytes, but ${segment.length} are needed for ${range}`)
  }
  if (size > segment.length) await store.truncate(segment.path, segment.length)
}
