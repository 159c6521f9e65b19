/** One request on its way to an answer. */
import type { Loan } from '../base/loan.ts'
import type { AclOperation, AclResource } from '../broker/access/authorizer.ts'
import type { ClientConnection } from '../broker/connections.ts'
import type { Vhost } from '../broker/vhost.ts'
import type { Api } from '../wire/kafka/schema.ts'
import type { KafkaContext } from './context.ts'
import type { Advertised, Call, Principal } from './handler.ts'
import type { RequestHeader } from './request-header.ts'
import type { KafkaSession } from './session.ts'

/** Only Produce is begun while others of its kind still wait for the disk. */
const PRODUCE = 0
const NO_LOANS: readonly Loan[] = []

export class PendingCall implements Call<unknown> {
  readonly session: KafkaSession
  readonly api: Api
  readonly version: number
  readonly correlationId: number
  readonly clientId: string | null
  readonly now: number
  /** Of the request: what it holds in memory until it is answered. */
  readonly bytes: number
  state: 'open' | 'answered' | 'silent' = 'open'
  response: unknown = null
  loans: readonly Loan[] = NO_LOANS
  private closedTasks: (() => void)[] | null = null

  constructor(session: KafkaSession, api: Api, header: RequestHeader, bytes: number) {
    this.session = session
    this.api = api
    this.version = header.version
    this.correlationId = header.correlationId
    this.clientId = header.clientId
    this.now = session.now
    this.bytes = bytes
  }

  get overlaps(): boolean {
    return this.api.key === PRODUCE
  }

  get context(): KafkaContext {
    return this.session.context
  }

  get vhost(): Vhost {
    return this.session.vhost!
  }

  get principal(): Principal {
    return this.session.asker!
  }

  get clientHost(): string {
    return `/${this.session.host}`
  }

  get advertised(): Advertised {
    return this.session.advertised
  }

  get connection(): ClientConnection {
    return this.session.connection!
  }

  get closed(): boolean {
    return this.session.state === 'closed'
  }

  may(operation: AclOperation, type: AclResource, name: string): boolean {
    return this.context.authorizer.allows(this.session.asker!, operation, type, name)
  }

  respond(response: unknown, loans = NO_LOANS): void {
    if (this.state !== 'open') throw new Error(`${this.api.name} was answered twice`)
    this.state = 'answered'
    this.response = response
    this.loans = loans
    this.closedTasks = null
    this.session.answered()
  }

  respondNothing(): void {
    if (this.state !== 'open') throw new Error(`${this.api.name} was answered twice`)
    this.state = 'silent'
    this.closedTasks = null
    this.session.answered()
  }

  onClosed(task: () => void): void {
    if (this.closed) task()
    else if (this.closedTasks === null) this.closedTasks = [task]
    else this.closedTasks.push(task)
  }

  close(reason: string): void {
    this.session.close(reason)
  }

  /** The connection is gone. */
  abandon(): void {
    const tasks = this.closedTasks
    this.closedTasks = null
    if (tasks !== null) for (const task of tasks) task()
  }
}
