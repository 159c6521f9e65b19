// What leaves a topic through its exchange: the bindings of a LogExchange, as the topic's feed matches records with them.
//
//   argument x-match   all, any, all-with-x, any-with-x: the record's headers, as on a headers exchange
//   without            the binding key is a pattern for the routing key that the record keeps, or else for its own key
//
// A binding begins at the log end of each partition when it was made. Records below, which the feed may still have
// before it, are none of its: so bindings that began at the same time stand in a cohort, and only cohorts that have begun
// are asked. Once every partition has come so far they all move into one, which is asked without a look at offsets.

import type { Binding } from './binding.ts'
import { type AddTarget, Exchange, type ExchangeOptions } from './exchange.ts'
import type { Headers } from './headers.ts'
import { HeadersExchange } from './headers-exchange.ts'
import { TopicExchange } from './topic.ts'

/** Per partition; of those that were added later, the beginning. */
export type Starts = readonly number[]

class Cohort {
  readonly starts: Starts
  readonly byKey: TopicExchange
  readonly byHeaders: HeadersExchange

  constructor(name: string, options: ExchangeOptions, starts: Starts) {
    this.starts = starts
    this.byKey = new TopicExchange(name, options)
    this.byHeaders = new HeadersExchange(name, options)
  }

  homeOf({ args }: Binding): Exchange {
    return 'x-match' in args ? this.byHeaders : this.byKey
  }

  get isEmpty(): boolean {
    return this.byKey.bindingCount === 0 && this.byHeaders.bindingCount === 0
  }

  /** Whether a partition that has come to `next` has come to where these bindings begin. */
  hasBegun(partition: number, next: number): boolean {
    return next >= (this.starts[partition] ?? 0)
  }

  match(key: string, headers: Headers | null, add: AddTarget): void {
    if (this.byKey.bindingCount > 0) this.byKey.match(key, headers, add)
    if (this.byHeaders.bindingCount > 0) this.byHeaders.match(key, headers, add)
  }
}

export class LogOutlet extends Exchange {
  readonly type = 'x-topic-log'
  override keyDecides = true
  /** Where the bindings made from now on begin. */
  starts: Starts = []
  private readonly options: ExchangeOptions
  private readonly begun: Cohort
  private young: Cohort[] = []
  /** The record at hand. */
  private partition = 0
  private offset = 0

  constructor(name: string, options: ExchangeOptions) {
    super(name, options)
    this.options = options
    this.begun = new Cohort(name, options, [])
  }

  /** Per partition where the first of those bindings begins that may not have begun. */
  get earliestStarts(): Starts {
    const count = Math.max(0, ...this.young.map(({ starts }) => starts.length))
    const earliest: number[] = []
    for (let partition = 0; partition < count; partition++) {
      earliest.push(Math.min(...this.young.map(({ starts }) => starts[partition] ?? 0)))
    }
    return earliest
  }

  /** Not every partition has come to where all bindings begin. */
  get hasYoung(): boolean {
    return this.young.length > 0
  }

  /** The records matched from now on stand there. */
  at(partition: number, offset: number): void {
    this.partition = partition
    this.offset = offset
  }

  match(key: string, headers: Headers | null, add: AddTarget): void {
    this.begun.match(key, headers, add)
    const { young, partition, offset } = this
    for (let i = 0; i < young.length; i++) if (young[i].hasBegun(partition, offset)) young[i].match(key, headers, add)
  }

  /**
   * Takes note of how far the partitions have come.
   * @returns whether that changed anything: what was found for a key before is to be forgotten
   */
  advance(nexts: Starts): boolean {
    const { young } = this
    const waiting = young.filter((cohort) => !nexts.every((next, partition) => cohort.hasBegun(partition, next)))
    if (waiting.length === young.length) return false
    this.young = waiting
    for (const cohort of young) if (!waiting.includes(cohort)) this.takeOver(cohort)
    this.decide()
    return true
  }

  /** @throws Refusal precondition-failed if `x-match` is none of the four. */
  protected insert(binding: Binding): void {
    const cohort = this.cohortOf(this.starts)
    cohort.homeOf(binding).bind(binding.destination, binding.key, binding.args)
    if (!this.young.includes(cohort)) this.young.push(cohort)
    this.decide()
  }

  protected remove(binding: Binding): void {
    const { destination, key, args } = binding
    const isHome = (cohort: Cohort): boolean => cohort.homeOf(binding).unbind(destination, key, args)
    if (!isHome(this.begun)) this.young.find(isHome)
    this.young = this.young.filter((cohort) => !cohort.isEmpty)
    this.decide()
  }

  private cohortOf(starts: Starts): Cohort {
    const isSame = (one: Cohort): boolean =>
      one.starts.length === starts.length && one.starts.every((start, partition) => start === starts[partition])
    return this.young.find(isSame) ?? new Cohort(this.name, this.options, [...starts])
  }

  private takeOver({ byKey, byHeaders }: Cohort): void {
    for (const { destination, key, args } of byKey.bindings()) this.begun.byKey.bind(destination, key, args)
    for (const { destination, key, args } of byHeaders.bindings()) this.begun.byHeaders.bind(destination, key, args)
  }

  private decide(): void {
    this.keyDecides = this.young.length === 0 && this.begun.byHeaders.bindingCount === 0
  }
}
