/** The book of a schedule that is declared anew with other arguments: which definition each tick must be of. */
import assert from 'node:assert/strict'
import type { SeededRandom } from '../../src/base/random.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import type { Vhost } from '../../src/broker/vhost.ts'

export interface Got {
  readonly tick: number
  /** Which definition it is of. */
  readonly text: string
}

interface Definition {
  readonly number: number
  readonly everyMs: number
  /** When it was declared. */
  readonly at: number
}

/** What is durable if all that was done so far is. */
interface State {
  readonly number: number
  readonly lastAt: number | null
}

const INTERVALS_MS = [500, 700, 1000, 1500, 2500]
const PLAIN = { durable: true, autoDelete: false }

export class ChangingBook {
  readonly name: string
  readonly queues: readonly string[]
  /** Those that a crash undid are not among them. */
  private definitions: Definition[] = []
  private readonly openings: number[] = []
  private made = 0
  private durable: State | null = null
  private readonly mustCome = new Set<number>()

  constructor(name: string, queues: readonly string[]) {
    this.name = name
    this.queues = queues
  }

  get everyMs(): number {
    return this.definitions.at(-1)!.everyMs
  }

  /** The broker has what it had: the last definition, or one of those that were not known to be durable. */
  opened(vhost: Vhost, now: number): void {
    const { name, queues, durable } = this
    const exchange = vhost.exchanges.get(name)
    if (exchange === undefined) {
      assert.equal(durable, null, 'no definition was left')
      this.definitions = []
      this.openings.length = 0
      this.define(now, 1000)
    } else {
      const number = Number(exchange.arguments['x-payload'])
      const at = this.definitions.findIndex((one) => one.number === number)
      assert.ok(at >= 0, `definition ${number} was left, which never was`)
      assert.ok(number >= (durable?.number ?? 0), `definition ${number} came back`)
      this.definitions.length = at + 1
      if (durable !== null) assert.equal(exchange.bindingCount, queues.length, 'bindings are lost')
    }
    this.openings.push(now)
    this.tell(vhost)
    for (const queue of queues) {
      vhost.bind(name, vhost.declareQueue({ name: queue, ...PLAIN, exclusiveTo: null, arguments: {} }, null), '', {})
    }
  }

  change(vhost: Vhost, now: number, random: SeededRandom): void {
    this.define(now, random.pick(INTERVALS_MS))
    this.tell(vhost)
  }

  state(lastAt: number | null): State {
    return { number: this.definitions.at(-1)!.number, lastAt }
  }

  confirm(state: State): void {
    this.durable = state
    if (state.lastAt !== null) this.mustCome.add(state.lastAt)
  }

  /** @param all what each queue got */
  judge(all: readonly (readonly Got[])[], now: number): void {
    for (const [i, queue] of this.queues.entries()) this.judgeQueue(queue, all[i], now)
    for (const got of all) assert.deepEqual(got, all[0], `queues of ${this.name} have different ticks`)
  }

  /** Each tick is the one that follows, by the definition in force, or the last of those that a stop has left out. */
  private judgeQueue(queue: string, got: readonly Got[], now: number): void {
    let before: Definition | null = null
    let after = this.definitions[0].at
    for (const { tick, text } of got) {
      const say = `${queue}: the tick ${tick - this.definitions[0].at} ms after the first declare, of definition ${text}`
      const definition = this.definitions.find((one) => one.number === Number(text))
      assert.ok(definition !== undefined, `${say}, which never was`)
      assert.ok(definition.number >= (before?.number ?? 0), `${say}, comes after that took over`)
      assert.equal(tick % definition.everyMs, 0, `${say}, is none of it`)
      assert.ok(tick <= now, `${say}, comes early`)
      const from = this.from(after, before ?? this.definitions[0], definition)
      const stands = this.openings.some((opening) => tick === following(definition, opening) - definition.everyMs)
      assert.ok(tick >= from, `${say}, comes twice, or is of the time before it`)
      assert.ok(tick === following(definition, from) || stands, `${say}, comes, and one before it never comes`)
      before = definition
      after = tick + 1
    }
    for (const tick of this.mustCome)
      assert.ok(
        got.some((one) => one.tick === tick),
        `${queue}: ${tick} never comes`,
      )
    const { everyMs, number } = this.definitions.at(-1)!
    const last = { tick: Math.floor(now / everyMs) * everyMs, text: `${number}` }
    assert.deepEqual(got.at(-1), last, `${queue}: the last tick never comes`)
  }

  /** The earliest time of the next tick. What is due and not published when a definition takes over is of that one. */
  private from(after: number, first: Definition, last: Definition): number {
    let from = after
    for (let i = this.definitions.indexOf(first) + 1; i <= this.definitions.indexOf(last); i++) {
      from = Math.max(after, Math.min(this.definitions[i].at, following(this.definitions[i - 1], from)))
    }
    return from
  }

  private define(at: number, everyMs: number): void {
    this.definitions.push({ number: ++this.made, everyMs, at })
  }

  private tell(vhost: Vhost): void {
    const { number, everyMs } = this.definitions.at(-1)!
    const args: Headers = { 'x-every': everyMs, 'x-payload': `${number}` }
    vhost.declareExchange(this.name, 'x-schedule', { ...PLAIN, internal: false, arguments: args })
  }
}

function following({ everyMs }: Definition, from: number): number {
  return Math.ceil(from / everyMs) * everyMs
}
