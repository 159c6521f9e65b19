/**
 * Kafka's ACLs of all virtual hosts: who is allowed or denied what, on resources of one name, of a prefix or on all. They
 * narrow what the permissions of a user grant. An ACL has no identity but its words, so it is kept under them, and setting
 * the same one again changes nothing. A resource that no ACL speaks of is left to the permissions; one that any speaks of
 * is open only to those who are allowed and not denied.
 */
import type { Catalog } from '../catalog.ts'
import type { AclOperation, AclResource, Asker } from './authorizer.ts'

export type AclPattern = 'literal' | 'prefixed'

export interface Acl {
  readonly resource: AclResource
  readonly pattern: AclPattern
  /** `*` as a literal one stands for all. */
  readonly name: string
  /** `User:NAME`; `User:*` is everybody. */
  readonly principal: string
  /** An address, or `*`. */
  readonly host: string
  readonly operation: AclOperation | 'all'
  readonly permission: 'allow' | 'deny'
}

/** null lets anything pass. */
export interface AclFilter {
  readonly resource: AclResource | null
  /** `any`: patterns of just this name; `match`: all that hold for a resource of this name. */
  readonly pattern: AclPattern | 'any' | 'match'
  readonly name: string | null
  readonly principal: string | null
  readonly host: string | null
  readonly operation: AclOperation | 'all' | null
  readonly permission: 'allow' | 'deny' | null
}

const WILDCARD = '*'
const EVERYBODY = 'User:*'
const KIND = 'acl'

/** Allowing one of them allows the operation; denying works on the very operation only. */
const ALLOWED_WITH: Partial<Record<AclOperation, readonly Acl['operation'][]>> = {
  describe: ['describe', 'read', 'write', 'delete', 'alter'],
  'describe-configs': ['describe-configs', 'alter-configs'],
}

/** Of one virtual host, by the resources they speak of. */
type ByResource = Map<string, Acl[]>

export class Acls {
  /** Moves with every change. */
  version = 1
  /** Of all names that are prefixes: what is longer need not be looked for. */
  private longestPrefix = 0
  private readonly catalog: Catalog
  private readonly vhosts = new Map<string, ByResource>()

  constructor(catalog: Catalog) {
    this.catalog = catalog
  }

  restore(): void {
    for (const { key, value } of this.catalog.all(KIND)) this.keep(key[0], value as Acl)
  }

  /** Holds for the next request. */
  add(vhost: string, acl: Acl): void {
    if (this.keep(vhost, acl)) this.catalog.put(KIND, keyOf(vhost, acl), acl)
  }

  /** Takes effect for the next request. @returns what is gone */
  remove(vhost: string, filter: AclFilter): Acl[] {
    const gone = this.matching(vhost, filter)
    const resources = this.vhosts.get(vhost)
    for (const acl of gone) {
      const id = idOf(acl.resource, acl.pattern, acl.name)
      const rest = resources!.get(id)!.filter((one) => one !== acl)
      if (rest.length > 0) resources!.set(id, rest)
      else resources!.delete(id)
      this.catalog.remove(KIND, keyOf(vhost, acl))
    }
    if (gone.length > 0) this.version++
    return gone
  }

  matching(vhost: string, filter: AclFilter): Acl[] {
    const found: Acl[] = []
    for (const acls of this.vhosts.get(vhost)?.values() ?? []) {
      for (const acl of acls) if (passes(filter, acl)) found.push(acl)
    }
    return found
  }

  /** To be called when a virtual host is deleted. */
  clearVhost(vhost: string): void {
    this.remove(vhost, {
      resource: null,
      pattern: 'any',
      name: null,
      principal: null,
      host: null,
      operation: null,
      permission: null,
    })
    this.vhosts.delete(vhost)
  }

  /** Whether they let pass what the permissions grant. */
  allows(asker: Asker, operation: AclOperation, resource: AclResource, name: string): boolean {
    const resources = this.vhosts.get(asker.vhost)
    if (resources === undefined || resources.size === 0) return true
    let spokenOf = false
    let allowed = false
    for (const id of idsFor(resource, name, this.longestPrefix)) {
      for (const acl of resources.get(id) ?? []) {
        spokenOf = true
        if (!concerns(acl, asker, operation)) continue
        if (acl.permission === 'deny') return false
        allowed = true
      }
    }
    return allowed || !spokenOf
  }

  /** @returns false if it is there already */
  private keep(vhost: string, acl: Acl): boolean {
    let resources = this.vhosts.get(vhost)
    if (resources === undefined) {
      resources = new Map()
      this.vhosts.set(vhost, resources)
    }
    const id = idOf(acl.resource, acl.pattern, acl.name)
    const acls = resources.get(id) ?? []
    if (acls.some((one) => sameEntry(one, acl))) return false
    resources.set(id, [...acls, acl])
    if (acl.pattern === 'prefixed') this.longestPrefix = Math.max(this.longestPrefix, acl.name.length)
    this.version++
    return true
  }
}

function idOf(resource: AclResource, pattern: AclPattern, name: string): string {
  return `${resource} ${pattern} ${name}`
}

/** Of all patterns that hold for a resource. */
function* idsFor(resource: AclResource, name: string, longestPrefix: number): Iterable<string> {
  yield idOf(resource, 'literal', name)
  if (name !== WILDCARD) yield idOf(resource, 'literal', WILDCARD)
  const longest = Math.min(name.length, longestPrefix)
  for (let length = 1; length <= longest; length++) yield idOf(resource, 'prefixed', name.slice(0, length))
}

function keyOf(vhost: string, acl: Acl): string[] {
  const { resource, pattern, name, principal, host, operation, permission } = acl
  return [vhost, resource, pattern, name, principal, host, operation, permission]
}

function sameEntry(one: Acl, other: Acl): boolean {
  return (
    one.principal === other.principal &&
    one.host === other.host &&
    one.operation === other.operation &&
    one.permission === other.permission
  )
}

function concerns(acl: Acl, asker: Asker, operation: AclOperation): boolean {
  if (acl.principal !== EVERYBODY && acl.principal !== `User:${asker.user}`) return false
  if (acl.host !== WILDCARD && acl.host !== asker.host) return false
  if (acl.operation === 'all' || acl.operation === operation) return true
  return acl.permission === 'allow' && (ALLOWED_WITH[operation]?.includes(acl.operation) ?? false)
}

function passes(filter: AclFilter, acl: Acl): boolean {
  return (
    (filter.resource === null || filter.resource === acl.resource) &&
    passesName(filter, acl) &&
    (filter.principal === null || filter.principal === acl.principal) &&
    (filter.host === null || filter.host === acl.host) &&
    (filter.operation === null || filter.operation === acl.operation) &&
    (filter.permission === null || filter.permission === acl.permission)
  )
}

function passesName(filter: AclFilter, acl: Acl): boolean {
  const { pattern, name } = filter
  if (pattern !== 'any' && pattern !== 'match' && pattern !== acl.pattern) return false
  if (name === null || name === acl.name) return true
  if (pattern !== 'match') return false
  return acl.pattern === 'literal' ? acl.name === WILDCARD : name.startsWith(acl.name)
}
