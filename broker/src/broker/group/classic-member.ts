/** One member of a classic group: who it is, what it was given, and its calls that wait for the other members. */
import {
  type ClassicProtocol,
  type JoinAnswer,
  type JoinRequest,
  NO_BYTES,
  refusedJoin,
  refusedSync,
  type SyncAnswer,
} from './classic-calls.ts'
import type { Deadline } from './deadline.ts'

/** What of a member outlives the process, and what tools are shown of it. */
export interface ClassicMemberRecord {
  readonly id: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  readonly protocols: readonly ClassicProtocol[]
  readonly assignment: Uint8Array
}

/** A member of a classic group, with the call of it that waits for the others. */
export class ClassicMember implements ClassicMemberRecord {
  readonly id: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Passes when nothing has been heard of it for its session timeout. */
  readonly session: Deadline
  sessionTimeoutMs = 0
  rebalanceTimeoutMs = 0
  protocols: readonly ClassicProtocol[] = []
  assignment: Uint8Array = NO_BYTES
  /** Has not seen a generation yet: it cannot send heartbeats, and its call may be all there is of it. */
  isNew = false
  private joinAnswer: ((answer: JoinAnswer) => void) | null = null
  private syncAnswer: ((answer: SyncAnswer) => void) | null = null

  constructor(id: string, request: Pick<JoinRequest, 'instanceId' | 'clientId' | 'clientHost'>, session: Deadline) {
    this.id = id
    this.instanceId = request.instanceId
    this.clientId = request.clientId
    this.clientHost = request.clientHost
    this.session = session
  }

  get awaitsJoin(): boolean {
    return this.joinAnswer !== null
  }

  get awaitsSync(): boolean {
    return this.syncAnswer !== null
  }

  /** Whoever waits for the others is excused from heartbeats, unless it is new. */
  get excused(): boolean {
    return !this.isNew && (this.awaitsJoin || this.awaitsSync)
  }

  /** An older call that still waits came from a connection its client gave up. */
  awaitJoin(answer: (answer: JoinAnswer) => void): void {
    this.answerJoin(refusedJoin('rebalance-in-progress', this.id))
    this.joinAnswer = answer
  }

  awaitSync(answer: (answer: SyncAnswer) => void): void {
    this.answerSync(refusedSync('rebalance-in-progress'))
    this.syncAnswer = answer
  }

  /** Nothing happens if it does not wait. */
  answerJoin(answer: JoinAnswer): void {
    const waiting = this.joinAnswer
    this.joinAnswer = null
    waiting?.(answer)
  }

  answerSync(answer: SyncAnswer): void {
    const waiting = this.syncAnswer
    this.syncAnswer = null
    waiting?.(answer)
  }

  metadataOf(protocol: string): Uint8Array {
    return this.protocols.find(({ name }) => name === protocol)?.metadata ?? NO_BYTES
  }

  hasSameProtocols(protocols: readonly ClassicProtocol[]): boolean {
    return (
      this.protocols.length === protocols.length &&
      this.protocols.every(({ name, metadata }, index) => {
        const other = protocols[index]!
        return name === other.name && Buffer.compare(metadata, other.metadata) === 0
      })
    )
  }
}
