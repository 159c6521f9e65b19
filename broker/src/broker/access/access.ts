// Who may come in and what they may touch: users, permissions per vhost, permissions on routing keys.
//
// Everything is in memory and answers at once. Each change is handed to `onChange` as a plain JSON value before the
// method returns; whoever keeps definitions stores it there and gives it back through `restore`, in any order.

import { type UserLimits, userLimits } from '../limits/limits.ts'
import { Refusal } from '../refusal.ts'
import { Grant, type Operation, type Permission, TopicGrant, type TopicPermission } from './grant.ts'
import { checkPasswordHash, hashPassword, type PasswordHash, passwordFits } from './password.ts'
import type { ScramCredentials } from './scram.ts'

export interface User extends PasswordHash {
  readonly name: string
  readonly tags: readonly string[]
  readonly limits?: UserLimits
  /** Gone when the password hash becomes another: nobody comes in by an old password. */
  readonly scram?: ScramCredentials
}

export type AccessKind = 'user' | 'permission' | 'topic-permission'

export interface AccessOptions {
  /** Users who may log in over loopback only; `guest` unless told otherwise. */
  readonly loopbackUsers?: readonly string[]
  /** `value` undefined: the definition is gone. `previous` undefined: it is new. */
  readonly onChange?: (kind: AccessKind, id: string, value: unknown, previous: unknown) => void
}

export class Access {
  readonly #users = new Map<string, User>()
  // By user, then vhost, then (topic) exchange.
  readonly #grants = new Map<string, Map<string, Grant>>()
  readonly #topicGrants = new Map<string, Map<string, Map<string, TopicGrant>>>()
  readonly #loopbackUsers: readonly string[]
  readonly #onChange: (kind: AccessKind, id: string, value: unknown, previous: unknown) => void

  constructor(options: AccessOptions = {}) {
    this.#loopbackUsers = options.loopbackUsers ?? ['guest']
    this.#onChange = options.onChange ?? (() => {})
  }

  /** The user, or null for a wrong name, a wrong password, or a loopback user from elsewhere. */
  authenticate(name: string, password: string, fromLoopback: boolean): User | null {
    const user = this.#users.get(name)
    if (!passwordFits(password, user) || user === undefined) return null
    return this.mayComeFrom(name, fromLoopback) ? user : null
  }

  /** Some may log in over loopback only. */
  mayComeFrom(name: string, fromLoopback: boolean): boolean {
    return fromLoopback || !this.#loopbackUsers.includes(name)
  }

  user(name: string): User | undefined {
    return this.#users.get(name)
  }

  users(): Iterable<User> {
    return this.#users.values()
  }

  *permissions(): Iterable<Permission> {
    for (const vhosts of this.#grants.values()) for (const grant of vhosts.values()) yield grant.permission
  }

  *topicPermissions(): Iterable<TopicPermission> {
    for (const vhosts of this.#topicGrants.values())
      for (const exchanges of vhosts.values()) for (const grant of exchanges.values()) yield grant.permission
  }

  /** A user with every permission in one vhost, as a new broker has one. */
  addAdministrator(name: string, password: string, vhost: string): void {
    this.putUser({ name, tags: ['administrator'], ...hashPassword(password) })
    this.setPermissions({ user: name, vhost, configure: '.*', write: '.*', read: '.*' })
  }

  /**
   * Makes a user or replaces one, whose permissions stay, and limits too unless new ones are given.
   * @throws Refusal precondition-failed for an empty name, a hash of a wrong length or limits that are none.
   */
  putUser(given: User): void {
    if (given.name === '') throw new Refusal('precondition-failed', 'a user name cannot be empty')
    checkPasswordHash(given)
    const previous = this.#users.get(given.name)
    const scram = given.scram ?? (given.passwordHash === previous?.passwordHash ? previous.scram : undefined)
    const limits = userLimits(given.limits ?? previous?.limits ?? {})
    const user = { ...given, limits, ...(scram && { scram }) }
    this.#users.set(user.name, user)
    this.#onChange('user', user.name, user, previous)
  }

  /** They hold for what comes later. @throws Refusal not-found, precondition-failed for limits that are none. */
  setUserLimits(name: string, limits: UserLimits): void {
    this.#mustExist(name)
    this.putUser({ ...this.#users.get(name)!, limits })
  }

  /** They replace the ones before. @throws Refusal not-found */
  setScram(name: string, scram: ScramCredentials): void {
    this.#mustExist(name)
    this.putUser({ ...this.#users.get(name)!, scram })
  }

  /** With all permissions of the user. @returns false if there is none of that name. */
  deleteUser(name: string): boolean {
    const user = this.#users.get(name)
    if (user === undefined) return false
    this.#users.delete(name)
    for (const vhost of [...(this.#grants.get(name)?.keys() ?? [])]) this.clearPermissions(name, vhost)
    for (const vhost of [...(this.#topicGrants.get(name)?.keys() ?? [])]) this.clearTopicPermissions(name, vhost)
    this.#onChange('user', name, undefined, user)
    return true
  }

  /** @throws Refusal not-found without such a user, precondition-failed for a pattern that is none. */
  setPermissions(permission: Permission): void {
    this.#mustExist(permission.user)
    const previous = this.#grants.get(permission.user)?.get(permission.vhost)?.permission
    this.#keep(permission)
    this.#onChange('permission', idOf(permission.user, permission.vhost), permission, previous)
  }

  clearPermissions(user: string, vhost: string): boolean {
    const grants = this.#grants.get(user)
    const grant = grants?.get(vhost)
    if (grants === undefined || grant === undefined) return false
    grants.delete(vhost)
    this.#onChange('permission', idOf(user, vhost), undefined, grant.permission)
    return true
  }

  /** @throws Refusal not-found without such a user, precondition-failed for a pattern that is none. */
  setTopicPermissions(permission: TopicPermission): void {
    this.#mustExist(permission.user)
    const { user, vhost, exchange } = permission
    const previous = this.#topicGrants.get(user)?.get(vhost)?.get(exchange)?.permission
    this.#keepTopic(permission)
    this.#onChange('topic-permission', idOf(user, vhost, exchange), permission, previous)
  }

  /** Of one exchange, or of all in the vhost. */
  clearTopicPermissions(user: string, vhost: string, exchange?: string): void {
    const exchanges = this.#topicGrants.get(user)?.get(vhost)
    for (const name of exchange === undefined ? [...(exchanges?.keys() ?? [])] : [exchange]) {
      const grant = exchanges?.get(name)
      if (grant === undefined) continue
      exchanges?.delete(name)
      this.#onChange('topic-permission', idOf(user, vhost, name), undefined, grant.permission)
    }
    if (exchanges?.size === 0) this.#topicGrants.get(user)!.delete(vhost)
  }

  /** To be called when a vhost is deleted. */
  clearVhost(vhost: string): void {
    for (const user of this.#grants.keys()) this.clearPermissions(user, vhost)
    for (const user of this.#topicGrants.keys()) this.clearTopicPermissions(user, vhost)
  }

  mayEnter(user: string, vhost: string): boolean {
    return this.#grants.get(user)?.has(vhost) ?? false
  }

  /** Whether there is any name on which the operation is permitted. */
  maySomewhere(user: string, vhost: string, operation: Operation): boolean {
    return this.#grants.get(user)?.get(vhost)?.allowsSomething(operation) ?? false
  }

  /** `resource` is the name of a queue or an exchange; '' is the default exchange, checked as amq.default. */
  permits(user: string, vhost: string, operation: Operation, resource: string): boolean {
    return (
      this.#grants
        .get(user)
        ?.get(vhost)
        ?.allows(operation, resource || 'amq.default') ?? false
    )
  }

  /** Whether a topic permission lets this key pass; an exchange without one lets all pass. */
  permitsTopic(
    user: string,
    vhost: string,
    operation: 'write' | 'read',
    exchange: string,
    routingKey: string,
    clientId?: string,
  ): boolean {
    const grant = this.#topicGrants.get(user)?.get(vhost)?.get(exchange)
    return grant === undefined || grant.allows(operation, routingKey, clientId)
  }

  /** @throws Refusal not-allowed */
  checkEntry(user: string, vhost: string): void {
    if (this.mayEnter(user, vhost)) return
    throw new Refusal('not-allowed', `access to vhost '${vhost}' refused for user '${user}'`)
  }

  /** @throws Refusal access-refused */
  check(user: string, vhost: string, operation: Operation, kind: 'queue' | 'exchange', name: string): void {
    if (this.permits(user, vhost, operation, name)) return
    const resource = `${kind} '${name || 'amq.default'}' in vhost '${vhost}'`
    throw new Refusal('access-refused', `${operation} access to ${resource} refused for user '${user}'`)
  }

  /** To be called for exchanges of type topic only. @throws Refusal access-refused */
  checkTopic(
    user: string,
    vhost: string,
    operation: 'write' | 'read',
    exchange: string,
    routingKey: string,
    clientId?: string,
  ): void {
    if (this.permitsTopic(user, vhost, operation, exchange, routingKey, clientId)) return
    const resource = `topic '${routingKey}' in exchange '${exchange}' in vhost '${vhost}'`
    throw new Refusal('access-refused', `${operation} access to ${resource} refused for user '${user}'`)
  }

  /** Takes back what `onChange` gave out. Nothing is reported again. */
  restore(kind: AccessKind, _id: string, value: unknown): void {
    if (kind === 'user') this.#users.set((value as User).name, value as User)
    else if (kind === 'permission') this.#keep(value as Permission)
    else this.#keepTopic(value as TopicPermission)
  }

  #keep(permission: Permission): void {
    const grant = new Grant(permission)
    const vhosts = this.#grants.get(permission.user) ?? new Map<string, Grant>()
    this.#grants.set(permission.user, vhosts.set(permission.vhost, grant))
  }

  #keepTopic(permission: TopicPermission): void {
    const grant = new TopicGrant(permission)
    const vhosts = this.#topicGrants.get(permission.user) ?? new Map<string, Map<string, TopicGrant>>()
    const exchanges = vhosts.get(permission.vhost) ?? new Map<string, TopicGrant>()
    vhosts.set(permission.vhost, exchanges.set(permission.exchange, grant))
    this.#topicGrants.set(permission.user, vhosts)
  }

  #mustExist(user: string): void {
    if (!this.#users.has(user)) throw new Refusal('not-found', `no user '${user}'`)
  }
}

function idOf(...parts: string[]): string {
  return JSON.stringify(parts)
}
