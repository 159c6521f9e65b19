/** What members of a classic group ask, and what they are answered, without the wire's words. */
import type { StreamError } from '../stream-refusal.ts'

/** A way to assign that a member knows, with what it wants to tell the leader about itself. */
export interface ClassicProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface JoinRequest {
  /** '' of one that has none yet. */
  readonly memberId: string
  /** Of a static member, which keeps its place over restarts (KIP-345). */
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocolType: string
  /** The most wanted first. */
  readonly protocols: readonly ClassicProtocol[]
  /** The client comes again with the id it is given, so that a lost answer leaves no member behind (KIP-394). */
  readonly knowsMemberIdRequired: boolean
  /** A leader that came back takes its place without a rebalance (KIP-814). */
  readonly knowsSkipAssignment: boolean
}

export interface JoinedMember {
  readonly memberId: string
  readonly instanceId: string | null
  readonly metadata: Uint8Array
}

export interface JoinAnswer {
  readonly error: StreamError | null
  readonly memberId: string
  readonly generation: number
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly leader: string
  readonly skipAssignment: boolean
  /** All of the generation, for its leader; none for others. */
  readonly members: readonly JoinedMember[]
}

/** Whom a member says it is. */
export interface MemberIdentity {
  readonly memberId: string
  readonly instanceId: string | null
}

export interface SyncRequest extends MemberIdentity {
  readonly generation: number
  /** null: the client does not say. */
  readonly protocolType: string | null
  readonly protocol: string | null
  /** From the leader: what each member gets. */
  readonly assignments: ReadonlyMap<string, Uint8Array>
}

export interface SyncAnswer {
  readonly error: StreamError | null
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly assignment: Uint8Array
}

/** Who answers the calls of classic members: their group, or a consumer group that has them among its own. */
export interface ClassicService {
  /** @param answer called once, in this turn or when other members have come */
  join(request: JoinRequest, answer: (answer: JoinAnswer) => void): void
  /** @param answer called once, in this turn or when the leader has assigned */
  sync(request: SyncRequest, answer: (answer: SyncAnswer) => void): void
  heartbeat(identity: MemberIdentity, generation: number): StreamError | null
  /** @returns for each one, why it is no member */
  leave(leavers: readonly MemberIdentity[]): (StreamError | null)[]
  /** Calls back when what was changed so far is durable. */
  whenStored(task: () => void): void
}

export const NO_BYTES = new Uint8Array(0)

export function refusedJoin(error: StreamError, memberId: string): JoinAnswer {
  return {
    error,
    memberId,
    generation: -1,
    protocolType: null,
    protocol: null,
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

export function refusedSync(error: StreamError): SyncAnswer {
  return { error, protocolType: null, protocol: null, assignment: NO_BYTES }
}
