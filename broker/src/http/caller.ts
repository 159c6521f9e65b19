/** Who calls: a user that has logged in, and what its tags let it see and do. The roles are RabbitMQ's. */
import type { User } from '../broker/access/access.ts'
import { Rights } from '../broker/access/rights.ts'
import type { Vhost } from '../broker/vhost.ts'
import { type HttpError, notAuthorised, notFound } from './answers.ts'
import type { HttpContext } from './context.ts'

/** What a tag gives beside its own name. */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  management: ['management'],
  policymaker: ['policymaker', 'management'],
  monitoring: ['monitoring', 'management'],
  administrator: ['administrator', 'monitoring', 'policymaker', 'management'],
}

export type Role = 'management' | 'policymaker' | 'monitoring' | 'administrator'

export class Caller {
  readonly user: User
  /** The address it calls from. */
  readonly host: string
  private readonly http: HttpContext
  private readonly roles: ReadonlySet<string>
  private readonly known = new Map<Vhost, Rights>()

  constructor(http: HttpContext, user: User, host: string) {
    this.http = http
    this.user = user
    this.host = host
    this.roles = new Set(user.tags.flatMap((tag) => ROLES[tag] ?? []))
  }

  is(role: Role): boolean {
    return this.roles.has(role)
  }

  /** @throws HttpError 401 not_authorised */
  require(role: Role): void {
    if (this.is(role)) return
    throw notAuthorised(role === 'administrator' ? 'User not administrator' : `User not ${ROLE_TEXT[role]}`)
  }

  mayEnter(vhost: string): boolean {
    return this.http.broker.access.mayEnter(this.user.name, vhost)
  }

  /** Whether lists show what is in the vhost. */
  sees(vhost: string): boolean {
    return this.is('monitoring') || this.mayEnter(vhost)
  }

  /** @throws HttpError 404 for one that is not there, 401 for one that the caller may not enter */
  vhost(name: string): Vhost {
    const vhost = this.http.broker.vhosts.get(name)
    if (vhost === undefined) throw notFound('vhost_not_found')
    if (!this.mayEnter(name)) throw notAuthorised('User not authorised to access virtual host')
    return vhost
  }

  /** As `vhost`, for those who only look: monitoring users see all. @throws HttpError */
  seenVhost(name: string): Vhost {
    return this.is('monitoring') ? this.existing(name) : this.vhost(name)
  }

  /** All that lists show, by name. */
  seenVhosts(): Vhost[] {
    const all = [...this.http.broker.vhosts.values()].filter(({ name }) => this.sees(name))
    return all.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** What the caller may do to queues, exchanges and topics in there. */
  rights(vhost: Vhost): Rights {
    let rights = this.known.get(vhost)
    if (rights === undefined) {
      rights = new Rights(this.http.broker, this.http.authorizer, this.user.name, vhost, this.host)
      this.known.set(vhost, rights)
    }
    return rights
  }

  /**
   * Changes something in the caller's name: events tell who did it. Synchronous, since others act while a promise waits.
   * @throws what `change` throws
   */
  act<T>(change: () => T): T {
    const { events } = this.http.broker
    const { actor } = events
    events.actor = this.user.name
    try {
      return change()
    } finally {
      events.actor = actor
    }
  }

  private existing(name: string): Vhost {
    const vhost = this.http.broker.vhosts.get(name)
    if (vhost === undefined) throw notFound('vhost_not_found')
    return vhost
  }
}

const ROLE_TEXT: Readonly<Record<Role, string>> = {
  management: 'authorised to access the management API',
  policymaker: 'policymaker',
  monitoring: 'monitor',
  administrator: 'administrator',
}

export type { HttpError }
