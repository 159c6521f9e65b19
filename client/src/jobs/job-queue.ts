/**
 * A queue of jobs: added here, handled wherever a worker of it runs. All that outlives a process is in the broker:
 * pauses, counts of runs, delays, keys of duplicates, schedules.
 */
import { randomUUID } from 'node:crypto'
import type { Options } from 'amqplib'
import type { Delivery } from '../connection/delivery.ts'
import type { Core } from '../core.ts'
import { Unroutable } from '../errors.ts'
import type { Mailbox } from '../mailbox.ts'
import { checked, type InputOf, type OutputOf } from '../message/schema.ts'
import { DeadLetters } from '../receiving/dead-letters.ts'
import { checkFirstName } from '../receiving/names.ts'
import type { ReceiveOptions } from '../receiving/receiver.ts'
import { deadName } from '../receiving/work-queue.ts'
import { type AddOptions, checkAddOptions, type JobOptions, type JobProperties, jobProperties } from './add-options.ts'
import { AddedJob } from './added-job.ts'
import { type Entrance, Entrances } from './entrances.ts'
import type { JobHandler } from './job.ts'
import { Schedules, type When } from './schedules.ts'
import { type JobType, jobTypeOf, type QueueOptions } from './settings.ts'
import { AWAITED_BY, awaitedBy, jobDeclarations } from './topology.ts'
import { Worker } from './worker.ts'

/** A job as `addMany` takes it. */
export type NewJob<Data> = {
  [Name in keyof Data & string]: {
    readonly name: Name
    readonly data: InputOf<Data, Name>
    readonly options?: AddOptions
  }
}[keyof Data & string]

export class JobQueue<Data> {
  readonly name: string
  private readonly core: Core
  private readonly mailbox: Mailbox
  private readonly graceMs: number
  private readonly options: QueueOptions
  private readonly entrances: Entrances
  private readonly schedules: Schedules
  private readonly types = new Map<string, JobType>()
  private readonly declared = new Map<JobType, Promise<void>>()
  private readonly ready = new Set<JobType>()
  private readonly addresses = new Map<JobType, Promise<string>>()

  /** Use `client.queue`. */
  constructor(core: Core, mailbox: Mailbox, graceMs: number, name: string, options: QueueOptions) {
    checkFirstName('queue', name)
    this.core = core
    this.mailbox = mailbox
    this.graceMs = graceMs
    this.name = name
    this.options = options
    this.entrances = new Entrances(core, name, options.dedupeKeysMax)
    this.schedules = new Schedules(core, name)
  }

  /**
   * Resolves when the broker has the job safe.
   * @throws Invalid for data that does not fit its schema; UnsupportedByBroker; TypeError and RangeError for options;
   * PublishRefused, NotConfirmed, Unroutable if its queue was deleted
   */
  async add<Name extends keyof Data & string>(
    name: Name,
    data: InputOf<Data, Name>,
    options: AddOptions = {},
  ): Promise<AddedJob> {
    const type = this.type(name)
    const properties = jobProperties(this.name, type, options)
    checkAddOptions(options)
    if (type.schema !== undefined || !this.ready.has(type)) await this.prepared(type, data)
    const entrance = options.delayMs || options.dedupe ? await this.entrances.of(type, options) : null
    const id = options.messageId ?? randomUUID()
    properties.messageId = id
    if (options.awaitResult) properties.headers[AWAITED_BY] = properties.replyTo = await this.address(type)
    const answer = options.awaitResult ? this.answerTo(id, properties) : null
    const duplicate = !(await this.send(type, data, properties, entrance))
    return new AddedJob(id, name, duplicate, duplicate ? null : answer, this.core.codec)
  }

  /** All at once; resolves when all are safe. If some are refused the others may have been added. @throws as `add` */
  addMany(jobs: readonly NewJob<Data>[]): Promise<AddedJob[]> {
    return Promise.all(jobs.map(({ name, data, options }) => this.add(name, data, options)))
  }

  /** Handles jobs of that name from when it resolves. @throws UnsupportedByBroker, DeclareRefused */
  async process<Name extends keyof Data & string>(
    name: Name,
    handler: JobHandler<OutputOf<Data, Name>>,
    options: ReceiveOptions = {},
  ): Promise<Worker> {
    const type = this.type(name)
    const { core, graceMs, name: queue } = this
    const worker = new Worker({ core, graceMs, queue, type, handler: handler as JobHandler<unknown>, options })
    await this.topology(type)
    await worker.start()
    return worker
  }

  /**
   * The broker adds such a job at each tick, once, whoever runs. A schedule of that name is replaced; the same one is
   * left as it is. @throws UnsupportedByBroker, Invalid, DeclareRefused for a time or timezone that is none
   */
  async schedule<Name extends keyof Data & string>(
    schedule: string,
    when: When,
    name: Name,
    data: InputOf<Data, Name>,
    options: JobOptions = {},
  ): Promise<void> {
    this.schedules.check(schedule)
    const type = this.type(name)
    const properties = jobProperties(this.name, type, options)
    await this.prepared(type, data)
    const operation = { kind: 'add', destination: this.name, name }
    const { headers = {}, ...others } = properties
    const message = this.core.message({
      operation,
      exchange: this.name,
      routingKey: name,
      data,
      headers,
      properties: others,
    })
    await this.schedules.set(schedule, when, message)
  }

  /** Nothing happens if there is none. @throws UnsupportedByBroker */
  async unschedule(schedule: string): Promise<void> {
    this.schedules.check(schedule)
    await this.schedules.remove(schedule)
  }

  /** The jobs of that name that were given up; their data as it was sent. */
  dead<Name extends keyof Data & string>(name: Name): DeadLetters<InputOf<Data, Name>> {
    const type = this.type(name)
    return new DeadLetters({ core: this.core, queue: this.name, name, ready: () => this.topology(type) })
  }

  private type(name: string): JobType {
    let type = this.types.get(name)
    if (type === undefined) this.types.set(name, (type = jobTypeOf(this.name, name, this.options)))
    return type
  }

  /** The data fits, and the queue is there. @throws Invalid, UnsupportedByBroker, DeclareRefused */
  private async prepared(type: JobType, data: unknown): Promise<void> {
    if (type.schema !== undefined) await checked(type.schema, data, `job '${type.name}'`)
    await this.topology(type)
  }

  private topology(type: JobType): Promise<void> {
    let declared = this.declared.get(type)
    if (declared === undefined) {
      declared = this.declareFirst(type)
      this.declared.set(type, declared)
    }
    return declared
  }

  /** What was refused is tried again by the next who needs it. */
  private async declareFirst(type: JobType): Promise<void> {
    try {
      await this.core.declare(jobDeclarations(this.name, type, this.core.broker))
      this.ready.add(type)
    } catch (error) {
      this.declared.delete(type)
      throw error
    }
  }

  /** Where results come to, and from now on what the broker gives up of such jobs. */
  private address(type: JobType): Promise<string> {
    let address = this.addresses.get(type)
    if (address === undefined) {
      address = this.listen(type)
      this.addresses.set(type, address)
      address.catch(() => this.addresses.delete(type))
    }
    return address
  }

  private async listen({ name }: JobType): Promise<string> {
    const { mailbox } = this
    const dead = deadName(this.name, name)
    await mailbox.listen(dead, dead, mailbox.take, awaitedBy)
    return mailbox.address()
  }

  private answerTo(id: string, properties: Options.Publish): Promise<Delivery> {
    properties.correlationId = id
    const answer = this.mailbox.answer(id)
    // Whoever never asks for the result is told nothing.
    answer.catch(() => {})
    return answer
  }

  /** @returns false: it is a duplicate */
  private async send(
    type: JobType,
    data: unknown,
    properties: JobProperties,
    entrance: Entrance | null,
  ): Promise<boolean> {
    const exchange = entrance?.exchange ?? this.name
    // What no queue takes comes back: a duplicate, or the queue was deleted.
    properties.mandatory = entrance?.returnsDuplicates ?? true
    const headers = entrance === null ? properties.headers : { ...properties.headers, ...entrance.headers }
    const operation = { kind: 'add', destination: this.name, name: type.name }
    try {
      await this.core.send({ operation, exchange, routingKey: type.name, data, headers, properties })
      return true
    } catch (error) {
      if (properties.replyTo !== undefined) this.mailbox.forget(properties.messageId!)
      if (!(error instanceof Unroutable)) throw error
      if (entrance?.returnsDuplicates) return false
      this.forget(type)
      throw error
    }
  }

  /** Somebody deleted the queue: who needs it next declares it again. */
  private forget(type: JobType): void {
    this.core.forget(jobDeclarations(this.name, type, this.core.broker))
    this.declared.delete(type)
    this.ready.delete(type)
  }
}
