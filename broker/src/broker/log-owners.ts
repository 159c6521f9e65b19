/**
 * Whose log it is stands in its owner's name, a JSON array: its kind, the vhost, the queue or exchange, and what the
 * kind adds. After a start each log goes to its owner. A log without one was left behind by a crash, for definitions
 * and logs go in different entries: it is deleted.
 *
 *   ["queue", vhost, queue, level?]     ["delayed", vhost, exchange, level, start]
 *   ["history", vhost, exchange]        ["dedup", vhost, exchange]
 *   ["schedule", vhost, exchange], a cursor
 */
import type { Log, LogEngine } from '../log/engine.ts'
import { SCHEDULE_TYPE } from './routing/schedule-exchange.ts'
import type { Vhost } from './vhost.ts'

export function giveLogsToOwners(engine: LogEngine, vhosts: ReadonlyMap<string, Vhost>): void {
  const lanes = new Set<number>()
  for (const vhost of vhosts.values()) {
    for (const queue of vhost.queues.values()) for (const lane of queue.lanes) lanes.add(lane.log.id)
  }
  for (const log of [...engine.logs.values()]) {
    if (!lanes.has(log.id) && !isOwned(log, vhosts)) engine.deleteLog(log)
  }
  for (const cursor of [...engine.cursors.values()]) {
    const [kind, vhost, name] = JSON.parse(cursor.owner) as string[]
    if (kind === 'schedule' && vhosts.get(vhost)?.exchanges.get(name)?.type !== SCHEDULE_TYPE)
      engine.deleteCursor(cursor)
  }
}

function isOwned(log: Log, vhosts: ReadonlyMap<string, Vhost>): boolean {
  const [kind, vhostName, name, ...more] = JSON.parse(log.owner) as unknown[]
  const vhost = vhosts.get(String(vhostName))
  const exchange = vhost?.exchanges.get(String(name))
  if (vhost === undefined || exchange === undefined) return false
  switch (kind) {
    case 'delayed':
      return vhost.delays.restore(exchange, log, more)
    case 'dedup':
      return vhost.seenWindows.restore(exchange, log)
    case 'history':
      return vhost.histories.restore(exchange, log)
    default:
      return false
  }
}
