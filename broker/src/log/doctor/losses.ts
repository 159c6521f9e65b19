/** How many records lost entries took along, at most. */
import type { LostRecords } from './finding.ts'
import type { Hole, LogCase, ShardState } from './shard-state.ts'

/** Unsettled offsets that had their records in the hole, if they had any, and that stand nowhere else. */
export function lostOf(hole: Hole, state: ShardState): LostRecords[] {
  const lost: LostRecords[] = []
  for (const { logId, from, to } of hole.lost) {
    const log = state.logs.get(logId)
    if (log !== undefined) lost.push(...lostIn(log, from, to))
  }
  // Records that were carried forward have offsets from before.
  if (hole !== state.holes[0]) return lost
  for (const log of state.logs.values()) {
    const until = hole.lost.find(({ logId }) => logId === log.id)?.from ?? log.end
    lost.push(...lostIn(log, 0, until))
  }
  return lost
}

function lostIn(log: LogCase, from: number, to: number): LostRecords[] {
  let records = 0
  let first = -1
  let last = -1
  for (let at = log.ledger.nextUnsettled(Math.max(from, log.coldEnd)); at < to; at = log.ledger.nextUnsettled(at + 1)) {
    if (log.journaled.has(at)) continue
    if (first < 0) first = at
    last = at
    records++
  }
  return records === 0 ? [] : [{ logId: log.id, owner: log.owner, from: first, to: last + 1, records }]
}
