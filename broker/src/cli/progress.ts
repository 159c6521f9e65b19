/**
 * How far something long has come: a bar with rate and time left on a terminal, a line every few seconds elsewhere.
 * Always on stderr, so that results can be piped.
 */
import { SingleBar } from 'cli-progress'
import { systemClock } from '../base/clock.ts'
import { shownDuration, shownNumber } from './quantities.ts'

const LINE_EVERY_MS = 5000

export class Progress {
  readonly #what: string
  readonly #unit: string
  readonly #total: number | null
  readonly #bar: SingleBar | null
  readonly #startMs = systemClock.monotonic()
  #lineMs = this.#startMs
  #done = 0

  /**
   * @param what for example `importing`.
   * @param unit for example `messages`.
   * @param total null where nobody knows it.
   */
  constructor(what: string, unit: string, total: number | null) {
    this.#what = what
    this.#unit = unit
    this.#total = total
    this.#bar = process.stderr.isTTY ? this.#start() : null
  }

  add(count: number): void {
    this.reach(this.#done + count)
  }

  reach(done: number): void {
    this.#done = done
    this.#bar?.update(done, { rate: shownNumber(this.#rate()) })
    const now = systemClock.monotonic()
    if (this.#bar || now - this.#lineMs < LINE_EVERY_MS) return
    this.#lineMs = now
    process.stderr.write(`${this.#line()}\n`)
  }

  /** The bar stays as it was last; a second call does nothing. */
  stop(): void {
    this.#bar?.stop()
  }

  #start(): SingleBar {
    const counted = this.#total === null ? '{value}' : '[{bar}] {percentage}% | {value}/{total}'
    const left = this.#total === null ? '{duration_formatted}' : '{eta_formatted} left'
    const format = `${this.#what} ${counted} ${this.#unit} | {rate}/s | ${left}`
    const bar = new SingleBar({ format, stream: process.stderr, barsize: 30, etaBuffer: 50, fps: 5 })
    bar.start(this.#total ?? 0, 0, { rate: 0 })
    return bar
  }

  #rate(): number {
    const seconds = (systemClock.monotonic() - this.#startMs) / 1000
    return seconds > 0 ? this.#done / seconds : 0
  }

  #line(): string {
    const rate = this.#rate()
    const line = `${this.#what}: ${this.#done}${this.#total === null ? '' : ` of ${this.#total}`} ${this.#unit}, ${shownNumber(rate)}/s`
    if (this.#total === null || rate === 0) return line
    return `${line}, ${shownDuration(((this.#total - this.#done) / rate) * 1000)} left`
  }
}
