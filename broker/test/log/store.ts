/** A store on a disk of the test's choice, and the few steps that tests speak of. */
import { ManualClock } from '../../src/base/clock.ts'
import type { Disk } from '../../src/base/disk.ts'
import { silentLogger } from '../../src/base/logger.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { Turn } from '../../src/base/turn.ts'
import { type Log, type LogEngine, Seek } from '../../src/log/engine.ts'
import { type FileEngineOptions, openFileEngine } from '../../src/log/file-engine.ts'
import { MessageDraft, MessageView } from '../../src/record/message.ts'

export interface Store {
  engine: LogEngine
  disk: Disk
  clock: ManualClock
  /** Resolves when all that is staged is durable. */
  durable(): Promise<void>
  /** Appends a message whose body is `text`. */
  publish(text: string | Uint8Array, logs: readonly Log[], persistent?: boolean): number
}

export async function openStore(disk: Disk, options: Partial<FileEngineOptions> = {}): Promise<Store> {
  const clock = new ManualClock()
  const engine = await openFileEngine({
    disk,
    clock,
    turn: new Turn(),
    logger: silentLogger(),
    random: new SeededRandom(1),
    journalFileBytes: 1 << 20,
    ...options,
  })
  let wake: () => void = () => {}
  let failed: Error | null = null
  engine.onDurable = () => wake()
  engine.onFatal = (error) => {
    failed = error
    wake()
  }
  const draft = new MessageDraft()
  return {
    engine,
    disk,
    clock,
    async durable() {
      const round = engine.seal()
      while (engine.durableRound < round) {
        if (failed !== null) throw failed
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    publish(text, logs, persistent = true) {
      const body = typeof text === 'string' ? Buffer.from(text) : text
      draft.names = Buffer.from('\x02ex\x03key', 'latin1')
      draft.properties = Buffer.from([0x10, 0, persistent ? 2 : 1])
      draft.propertiesLen = 3
      draft.body = body
      draft.bodyLen = body.length
      draft.arrival = clock.now()
      draft.persistent = persistent
      return engine.append(draft, logs, logs.length)
    },
  }
}

export function logOf(engine: LogEngine, owner: string): Log {
  const found = [...engine.logs.values()].filter((log) => log.owner === owner)
  if (found.length !== 1) throw new Error(`${found.length} logs of ${owner}`)
  return found[0]
}

export function bodyOf(view: MessageView): Buffer {
  if (view.bodyParts !== null) return Buffer.concat(view.bodyParts)
  return Buffer.from(view.buffer.subarray(view.bodyPos, view.bodyPos + view.bodyLen))
}

/** All unsettled records of a log from an offset on, as [offset, body]. */
export async function unsettled(log: Log, from = 0): Promise<[number, string][]> {
  const view = new MessageView()
  const found: [number, string][] = []
  for (let at = from; ; ) {
    const result = log.seek(at, view)
    if (result === Seek.end) return found
    if (result === Seek.cold) await loaded(log, at)
    else {
      found.push([view.offset, bodyOf(view).toString()])
      at = view.offset + 1
    }
  }
}

export function loaded(log: Log, offset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    log.load(offset, (error) => (error === null ? resolve() : reject(error)))
  })
}
