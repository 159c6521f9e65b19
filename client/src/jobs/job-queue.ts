/**
 * A queue of jobs: added here, handled wherever a worker of it runs. All that outlives a process is in the broker:
 * pauses, counts of runs, delays, keys of duplicates, schedules.
 */
import { randomUUID } from 'node:crypto'
import type { Core, Sent } from '../core.ts'
import { Unroutable } from '../errors.ts'
import type { Mailbox } from '../mailbox.ts'
import { checked, type InputOf, type OutputOf } from '../message/schema.ts'
import { type AddOptions, checkAddOptions, type JobOptions, jobProperties } from './add-options.ts'
import { AddedJob } from './added-job.ts'
import { DeadLetters } from './dead-letters.ts'
import { Entrances } from './entrances.ts'
import type { JobHandler } from './job.ts'
import { Schedules, type When } from './schedules.ts'
import { type JobType, jobTypeOf, type QueueOptions } from './settings.ts'
import { jobDeclarations } from './topology.ts'
import { type ProcessOptions, Worker } from './worker.ts'

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

  /** Use `client.queue`. */
  constructor(core: Core, mailbox: Mailbox, graceMs: number, name: string, options: QueueOptions) {
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
    await this.ready(type, data)
    const entrance = await this.entrances.of(type, options)
    const id = options.messageId ?? randomUUID()
    const replyTo = options.awaitResult ? await this.mailbox.address() : null
    const answer = replyTo === null ? null : this.mailbox.answer(id)
    // Whoever never asks for the result is told nothing.
    answer?.catch(() => {})
    const sent: Sent = {
      operation: { kind: 'add', destination: this.name, name },
      exchange: entrance.exchange,
      routingKey: name,
      data,
      headers: { ...properties.headers, ...entrance.headers },
      properties: {
        ...properties,
        messageId: id,
        mandatory: entrance.mandatory,
        ...(replyTo !== null && { replyTo, correlationId: id }),
      },
    }
    const duplicate = !(await this.send(sent, options))
    return new AddedJob({ id, name, duplicate }, duplicate ? null : answer, this.mailbox, this.core.codec)
  }

  /** All at once; resolves when all are safe. If some are refused the others may have been added. @throws as `add` */
  addMany(jobs: readonly NewJob<Data>[]): Promise<AddedJob[]> {
    return Promise.all(jobs.map(({ name, data, options }) => this.add(name, data, options)))
  }

  /** Handles jobs of that name from when it resolves. @throws UnsupportedByBroker, DeclareRefused */
  async process<Name extends keyof Data & string>(
    name: Name,
    handler: JobHandler<OutputOf<Data, Name>>,
    { concurrency = 1, prefetch = concurrency }: ProcessOptions = {},
  ): Promise<Worker> {
    if (!Number.isInteger(concurrency) || concurrency < 1) throw new RangeError('concurrency must be an integer from 1')
    const type = this.type(name)
    await this.prepared(type)
    const { core, graceMs, name: queue } = this
    const worker = new Worker({ core, graceMs, queue, type, handler: handler as JobHandler<unknown>, concurrency })
    await worker.start(Math.max(prefetch, concurrency))
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
    this.schedules.check()
    const type = this.type(name)
    const properties = jobProperties(this.name, type, options)
    await this.ready(type, data)
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
    this.schedules.check()
    await this.schedules.remove(schedule)
  }

  /** The jobs of that name that were given up. */
  dead<Name extends keyof Data & string>(name: Name): DeadLetters<OutputOf<Data, Name>> {
    const type = this.type(name)
    return new DeadLetters({ core: this.core, queue: this.name, name, ready: () => this.prepared(type) })
  }

  private type(name: string): JobType {
    let type = this.types.get(name)
    if (type === undefined) this.types.set(name, (type = jobTypeOf(this.name, name, this.options)))
    return type
  }

  private async ready(type: JobType, data: unknown): Promise<void> {
    if (type.schema !== undefined) await checked(type.schema, data, `job '${type.name}'`)
    await this.prepared(type)
  }

  private prepared(type: JobType): Promise<void> {
    let declared = this.declared.get(type)
    if (declared === undefined) {
      declared = this.prepare(type)
      this.declared.set(type, declared)
    }
    return declared
  }

  /** What was refused is tried again by the next who needs it. */
  private async prepare(type: JobType): Promise<void> {
    try {
      await this.core.declare(jobDeclarations(this.name, type, this.core.broker))
    } catch (error) {
      this.declared.delete(type)
      throw error
    }
  }

  /** @returns false: it is a duplicate. */
  private async send(sent: Sent, { dedupe, awaitResult }: AddOptions): Promise<boolean> {
    try {
      await this.core.send(sent)
      return true
    } catch (error) {
      if (awaitResult) this.mailbox.forget(sent.properties!.messageId!)
      if (dedupe !== undefined && error instanceof Unroutable) return false
      throw error
    }
  }
}
