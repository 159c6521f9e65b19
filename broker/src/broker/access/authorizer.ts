/**
 * Kafka's operations on Kafka's resources, answered from the permissions that hold for every protocol: who may read and
 * write queues of a name may read and write topics of it. Groups, topics and transactional ids of a vhost share its three
 * patterns; the cluster belongs to administrators. ACLs narrow what is granted so, for all but administrators.
 */
import type { Access } from './access.ts'
import type { Acls } from './acls.ts'
import { type Operation, rememberedNameMax } from './grant.ts'

export type AclOperation =
  | 'read'
  | 'write'
  | 'create'
  | 'delete'
  | 'alter'
  | 'describe'
  | 'cluster-action'
  | 'describe-configs'
  | 'alter-configs'
  | 'idempotent-write'

export type AclResource = 'topic' | 'group' | 'transactional-id' | 'cluster'

/** Who asks, and from where: `host` is the address of the client. */
export interface Asker {
  readonly user: string
  readonly vhost: string
  readonly host: string
}

const ANY: readonly Operation[] = ['read', 'write', 'configure']
const CONFIGURE: readonly Operation[] = ['configure']

/** One of them is enough. */
const NEEDED: Readonly<Record<AclOperation, readonly Operation[]>> = {
  read: ['read'],
  write: ['write'],
  'idempotent-write': ['write'],
  create: CONFIGURE,
  delete: CONFIGURE,
  alter: CONFIGURE,
  'alter-configs': CONFIGURE,
  'cluster-action': CONFIGURE,
  describe: ANY,
  'describe-configs': ANY,
}

/** Where the answers come from; they hold as long as both versions stand. */
export interface AccessState {
  readonly access: Access
  readonly accessVersion: number
  readonly acls: Acls
}

/** Names whose answers are remembered, of one asker and operation, before that starts anew. */
const ANSWERS_MAX = 4096

interface Answers {
  accessVersion: number
  aclVersion: number
  readonly byOperation: Record<AclResource, Map<AclOperation, Map<string, boolean>>>
}

export class Authorizer {
  readonly #state: AccessState
  readonly #answers = new WeakMap<Asker, Answers>()

  constructor(state: AccessState) {
    this.#state = state
  }

  /** The same `asker` object, given again, costs three look-ups for a name asked for before. */
  allows(asker: Asker, operation: AclOperation, type: AclResource, name: string): boolean {
    const known = this.#known(asker, operation, type)
    let answer = known.get(name)
    if (answer === undefined) {
      answer = this.#judge(asker, operation, type, name)
      if (name.length > rememberedNameMax) return answer
      if (known.size >= ANSWERS_MAX) known.clear()
      known.set(name, answer)
    }
    return answer
  }

  #known(asker: Asker, operation: AclOperation, type: AclResource): Map<string, boolean> {
    const { accessVersion, acls } = this.#state
    let answers = this.#answers.get(asker)
    if (answers === undefined || answers.accessVersion !== accessVersion || answers.aclVersion !== acls.version) {
      const byOperation = { topic: new Map(), group: new Map(), 'transactional-id': new Map(), cluster: new Map() }
      answers = { accessVersion, aclVersion: acls.version, byOperation }
      this.#answers.set(asker, answers)
    }
    const byOperation = answers.byOperation[type]
    let known = byOperation.get(operation)
    if (known === undefined) {
      known = new Map()
      byOperation.set(operation, known)
    }
    return known
  }

  #judge(asker: Asker, operation: AclOperation, type: AclResource, name: string): boolean {
    const { access, acls } = this.#state
    const administrator = access.user(asker.user)?.tags.includes('administrator') ?? false
    if (!this.#granted(asker, operation, type, name, administrator)) return false
    // Each write that follows is judged by itself, so ACLs of the cluster need not open this one (KIP-679).
    if (operation === 'idempotent-write') return true
    return administrator || acls.allows(asker, operation, type, name)
  }

  #granted(asker: Asker, operation: AclOperation, type: AclResource, name: string, administrator: boolean): boolean {
    const { access } = this.#state
    const { user, vhost } = asker
    if (type !== 'cluster') return NEEDED[operation].some((needed) => access.permits(user, vhost, needed, name))
    if (operation === 'idempotent-write') return access.maySomewhere(user, vhost, 'write')
    return administrator && access.mayEnter(user, vhost)
  }
}
