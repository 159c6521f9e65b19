/**
 * The logs of the lanes of a vhost's queues. Each is found by its owner's name (`log-owners.ts`): a queue without
 * priorities has one log, with priorities one for each that was ever used. At a start queues get back what the engine
 * recovered.
 */
import type { Log, LogEngine } from '../../log/engine.ts'
import type { Queue } from './queue.ts'

export class LaneLogs {
  private readonly vhost: string
  private readonly engine: LogEngine
  /** Of durable queues. */
  private readonly durableLogs: 'synced' | 'written'
  /** By owner, of queues to come, at a start. */
  private recovered: ReadonlyMap<string, Log> = new Map()

  constructor(vhost: string, engine: LogEngine, durableLogs: 'synced' | 'written') {
    this.vhost = vhost
    this.engine = engine
    this.durableLogs = durableLogs
  }

  /** The one that was recovered, or a new one. */
  of(queue: Queue, level: number): Log {
    const owner = this.ownerOf(queue, level)
    return this.recovered.get(owner) ?? this.engine.createLog(owner, queue.kept ? this.durableLogs : 'scratch')
  }

  delete({ lanes }: Queue): void {
    for (const { log } of lanes) this.engine.deleteLog(log)
  }

  /** At a start, before the queues are made. */
  restoring(): void {
    this.recovered = new Map([...this.engine.logs.values()].map((log) => [log.owner, log]))
  }

  /** The priorities that were in use before the start, each with the name of its queue. */
  *levelsInUse(): Iterable<readonly [queue: string, level: number]> {
    for (const owner of this.recovered.keys()) {
      const [kind, vhost, queue, level] = JSON.parse(owner) as [string, string, string, number?]
      if (kind === 'queue' && vhost === this.vhost && level !== undefined) yield [queue, level]
    }
  }

  /** Queues have what is theirs; later ones begin with nothing. */
  restored(): void {
    this.recovered = new Map()
  }

  private ownerOf({ name, settings }: Queue, level: number): string {
    const owner = ['queue', this.vhost, name]
    return JSON.stringify(settings.maxPriority > 0 ? [...owner, level] : owner)
  }
}
