/**
 * Retires the oldest journal files of a shard: what in them is still needed goes to segments, or, where it is little, is
 * carried forward in the journal; then a checkpoint takes the place of the files. They are freed only when the older of
 * the two kept checkpoints does not need them either. One retirement at a time, in small steps behind the journal.
 */
import { assert } from '../base/assert.ts'
import type { Background } from './background.ts'
import { type CheckpointFolder, type CheckpointSource, takeCheckpoint } from './checkpoint.ts'
import type { Faults } from './faults.ts'
import type { FileLog } from './file-log.ts'

/** Less than this of a log is carried rather than written to its segments. */
const CARRY_BYTES_MAX = 16 << 10
/** All that one retirement carries. */
const CARRY_TOTAL_SHARE = 0.25
const CARRY_STEP_BYTES = 256 << 10

export interface Retirement {
  source: CheckpointSource
  folder: CheckpointFolder
  background: Background
  journalFileBytes: number
  /** The first journal file that the newest checkpoint needs. */
  journalFrom: number
  faults: Faults
}

/** Retires all files before `journalFrom`, which becomes the first one needed. @returns the seq below which files are free */
export async function retire(retirement: Retirement, journalFrom: number): Promise<number> {
  const { source, folder, background } = retirement
  if (retirement.faults.retireBeforeCheckpoint) await source.shard.journal.free(journalFrom)
  source.shard.partitions.sinceCheckpoint = 0
  // A round may fill several files before it is durable, and only what is durable is written to segments.
  await source.durable()
  await source.shard.partitions.flush()
  const carried = await spillLarge(retirement, journalFrom - 1)
  await carry(retirement, carried, journalFrom - 1)
  const { name, parts } = await takeCheckpoint(source, journalFrom)
  await background.run(() => source.shard.segments.sync())
  await source.shard.partitions.syncing.run()
  await folder.write(parts, (job) => background.run(job))
  await source.durable()
  await source.shard.journal.sync()
  await folder.publish(name)
  const free = retirement.journalFrom
  retirement.journalFrom = journalFrom
  return free
}

/** Moves logs with much in the files up to `lastSeq` to segments; returns those with little. */
async function spillLarge(retirement: Retirement, lastSeq: number): Promise<FileLog[]> {
  const { shard, logs } = retirement.source
  const found: { log: FileLog; bytes: number }[] = []
  for (const log of logs.values()) {
    if (log.shard !== shard || !log.journaled) continue
    const bytes = log.bytesInFiles(lastSeq)
    if (bytes > 0) found.push({ log, bytes })
    else log.forgetFiles(lastSeq)
  }
  found.sort((a, b) => a.bytes - b.bytes)
  const carried: FileLog[] = []
  let total = 0
  for (const { log, bytes } of found) {
    total += bytes
    if (bytes <= CARRY_BYTES_MAX && total <= retirement.journalFileBytes * CARRY_TOTAL_SHARE) carried.push(log)
    else await spill(retirement, log, lastSeq)
  }
  return carried
}

async function spill(retirement: Retirement, log: FileLog, lastSeq: number): Promise<void> {
  const { source, background } = retirement
  const limit = log.endInFiles(lastSeq)
  let waited = false
  while (log.hotBase < limit && !log.deleted) {
    const from = log.hotBase
    const to = await background.run(() => source.shard.spiller.step(log, limit, source.shard.journal.epoch))
    assert(to > from || !waited, 'a record of a retired file never becomes durable')
    waited = to === from
    if (waited) await source.durable()
  }
  log.forgetFiles(lastSeq)
}

/** Writes what is left of the logs in the files up to `lastSeq` into the journal again. */
async function carry(retirement: Retirement, logs: readonly FileLog[], lastSeq: number): Promise<void> {
  const { source } = retirement
  const { fileSeq } = source.shard.journal
  for (const log of logs) {
    const limit = log.endInFiles(lastSeq)
    let bytes = 0
    for (let at = log.hotBase; at < limit && !log.deleted; at++) {
      bytes += source.shard.stageCarry(log, at)
      if (bytes < CARRY_STEP_BYTES) continue
      bytes = 0
      await source.durable()
    }
    log.forgetFiles(lastSeq)
    log.noteInFile(fileSeq, limit)
  }
  await source.durable()
}
