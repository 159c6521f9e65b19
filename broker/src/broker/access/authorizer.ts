/**
 * Kafka's operations on Kafka's resources, answered from the permissions that hold for every protocol: who may read and
 * write queues of a name may read and write topics of it. Groups, topics and transactional ids of a vhost share its three
 * patterns; the cluster's own settings belong to administrators.
 */
import type { Access } from './access.ts'
import type { Operation } from './grant.ts'

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

const OF_ADMINISTRATORS: ReadonlySet<AclOperation> = new Set([
  'cluster-action',
  'alter',
  'alter-configs',
  'create',
  'delete',
])

export class Authorizer {
  readonly #access: Access

  constructor(access: Access) {
    this.#access = access
  }

  allows(asker: Asker, operation: AclOperation, type: AclResource, name: string): boolean {
    const access = this.#access
    const { user, vhost } = asker
    if (type === 'cluster') {
      if (!access.mayEnter(user, vhost)) return false
      return !OF_ADMINISTRATORS.has(operation) || (access.user(user)?.tags.includes('administrator') ?? false)
    }
    const needed = NEEDED[operation]
    for (let i = 0; i < needed.length; i++) if (access.permits(user, vhost, needed[i], name)) return true
    return false
  }
}
