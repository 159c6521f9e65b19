/**
 * Resource alarms: while one is set, publishers are blocked and consumers go on, so that the backlog can shrink.
 * Two sources, named as RabbitMQ names them in connection.blocked.
 */
export type AlarmSource = 'memory' | 'disk'

export class Alarms {
  private readonly set = new Set<AlarmSource>()
  private readonly listeners = new Set<(reason: string | null) => void>()
  private readonly onChange: (source: AlarmSource, on: boolean) => void

  constructor(onChange: (source: AlarmSource, on: boolean) => void = () => {}) {
    this.onChange = onChange
  }

  /** `low on memory`, `low on disk`, both joined by ` & `, or null when nothing is wrong. */
  get reason(): string | null {
    if (this.set.size === 0) return null
    return ['memory', 'disk']
      .filter((source) => this.set.has(source as AlarmSource))
      .map((source) => `low on ${source}`)
      .join(' & ')
  }

  /** @returns whether this changed anything. */
  change(source: AlarmSource, on: boolean): boolean {
    if (this.set.has(source) === on) return false
    if (on) this.set.add(source)
    else this.set.delete(source)
    this.onChange(source, on)
    const { reason } = this
    for (const listener of this.listeners) listener(reason)
    return true
  }

  subscribe(listener: (reason: string | null) => void): void {
    this.listeners.add(listener)
  }

  unsubscribe(listener: (reason: string | null) => void): void {
    this.listeners.delete(listener)
  }
}
