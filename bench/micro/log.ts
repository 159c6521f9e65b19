/**
 * The walk of a message through the log alone: append, seek, settle, in batches as a turn brings them.
 *   node bench/micro/log.ts [body bytes] [persistent 0|1] [seconds] [memory|FOLDER]
 */
import { systemClock } from '../../broker/src/base/clock.ts'
import { openDisk } from '../../broker/src/base/disk.ts'
import { MemoryDisk } from '../../broker/src/base/disk-memory.ts'
import { silentLogger } from '../../broker/src/base/logger.ts'
import { Turn } from '../../broker/src/base/turn.ts'
import { Seek } from '../../broker/src/log/engine.ts'
import { openFileEngine } from '../../broker/src/log/file-engine.ts'
import { MessageDraft, MessageView } from '../../broker/src/record/message.ts'

const [bodyBytes = '16', persistent = '0', seconds = '3', where = 'memory'] = process.argv.slice(2)
const BATCH = 1000
const IN_FLIGHT = 4000

const disk = where === 'memory' ? new MemoryDisk() : await openDisk(where)
const engine = await openFileEngine({ disk, clock: systemClock, turn: new Turn(), logger: silentLogger() })
const log = engine.createLog('queue:/:bench', 'synced')
const draft = new MessageDraft()
const view = new MessageView()
draft.names = Buffer.from('\0\x05bench', 'latin1')
draft.properties = Buffer.from([0x10, 0, 2])
draft.propertiesLen = 3
draft.body = Buffer.alloc(Number(bodyBytes), 120)
draft.bodyLen = Number(bodyBytes)
draft.persistent = persistent === '1'
const logs = [log]

let appended = 0
let confirmed = 0
const waiting: { round: number; count: number }[] = []
let next = 0
function turn(): void {
  if (performance.now() > until) return void finish()
  if (appended - confirmed < IN_FLIGHT) {
    draft.arrival = Date.now()
    let round = 0
    for (let i = 0; i < BATCH; i++) round = engine.append(draft, logs, 1)
    appended += BATCH
    if (round === 0) confirmed = appended
    else waiting.push({ round, count: BATCH })
    while (log.seek(next, view) === Seek.found && log.mayDeliver(view.offset)) {
      log.settle(view.offset)
      next = view.offset + 1
    }
  }
  setImmediate(turn)
}
engine.onDurable = () => {
  while (waiting.length > 0 && waiting[0].round <= engine.durableRound) confirmed += waiting.shift()!.count
}
const cpuStart = process.cpuUsage()
const start = performance.now()
const until = start + Number(seconds) * 1000
function finish(): void {
  const took = (performance.now() - start) / 1000
  const cpu = process.cpuUsage(cpuStart)
  const perCpuSecond = confirmed / ((cpu.user + cpu.system) / 1e6)
  const rounds = engine.metrics.rounds
  console.log(
    `${Math.round(confirmed / took / 1000)} k messages/s (${Math.round(perCpuSecond / 1000)} k per second of CPU), ${Math.round(rounds / took)} rounds/s, ` +
      `${disk.counters.syncs} syncs, ${log.unsettled} left, ${Math.round(process.memoryUsage().rss / 1e6)} MB resident`,
  )
  engine.close()
}
turn()
