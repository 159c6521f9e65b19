/**
 * What stands between a session and the file of one API: a call with its answer, and whoever takes it. A handler answers
 * at once or later, exactly once; the session keeps the answers of one connection in the order of their requests.
 */
import type { Loan } from '../base/loan.ts'
import type { AclOperation, AclResource } from '../broker/access/authorizer.ts'
import type { ClientConnection } from '../broker/connections.ts'
import type { Vhost } from '../broker/vhost.ts'
import type { Api, RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import type { KafkaContext } from './context.ts'
import type { KafkaSession } from './session.ts'

export interface Principal {
  readonly user: string
  readonly vhost: string
}

/** Where clients find this broker, as the listener they came through tells it. */
export interface Advertised {
  readonly host: string
  readonly port: number
}

export interface Call<Response> {
  readonly context: KafkaContext
  /** For the APIs that are about the connection itself. */
  readonly session: KafkaSession
  /** The principal's: all its topics, groups and transactions. */
  readonly vhost: Vhost
  readonly principal: Principal
  readonly version: number
  readonly clientId: string | null
  /** As Kafka writes it: `/127.0.0.1`. */
  readonly clientHost: string
  readonly advertised: Advertised
  /** ms since 1970, of the turn in which the request came. */
  readonly now: number
  /** As the broker lists it. */
  readonly connection: ClientConnection
  /** The connection is gone: an answer goes nowhere. */
  readonly closed: boolean
  may(operation: AclOperation, type: AclResource, name: string): boolean
  /** Exactly once, at once or later. `loans`: memory that parts of the answer lie in, given back once it was sent. */
  respond(response: Response, loans?: readonly Loan[]): void
  /** Instead of `respond`, for a request that wants no answer (Produce with acks=0). */
  respondNothing(): void
  /** Called if the connection goes before the answer. */
  onClosed(task: () => void): void
  /** Ends the connection instead of answering, as Kafka does where an error cannot be told. */
  close(reason: string): void
}

export interface Handler {
  readonly api: Api
  handle(request: never, call: Call<never>): void
}

export function handler<A extends Api>(
  api: A,
  handle: (request: RequestOf<A>, call: Call<ResponseOf<A>>) => void,
): Handler {
  return { api, handle: handle as Handler['handle'] }
}
