/**
 * Whom a name stands for: `alice` is that user in the vhost `/`, `staging:alice` is her in `staging`; whether she may be
 * there is decided as for every protocol.
 */
import type { Access } from '../broker/access/access.ts'
import { Refusal } from '../broker/refusal.ts'
import type { Vhost } from '../broker/vhost.ts'
import type { Principal } from './handler.ts'
import type { KafkaSession } from './session.ts'

/** A vhost may have colons in its name, a user only if the whole name is a user's. */
export function principalOf(name: string, access: Access): Principal {
  const colon = access.user(name) === undefined ? name.lastIndexOf(':') : -1
  return colon < 0 ? { user: name, vhost: '/' } : { user: name.slice(colon + 1), vhost: name.slice(0, colon) }
}

export interface Admitted {
  readonly user: string
  readonly vhost: Vhost
}

/**
 * @param checkOrigin whether users who may come from loopback only are held to it.
 * @returns why the user may not come in, in words, if so.
 */
export function admission(session: KafkaSession, name: string, checkOrigin = true): Admitted | string {
  const { broker } = session.context
  const { access } = broker
  const principal = principalOf(name, access)
  const { user } = principal
  if (access.user(user) === undefined) return `no user '${user}'`
  if (checkOrigin && !access.mayComeFrom(user, session.transport.peer.loopback)) {
    return `user '${user}' can only connect via localhost`
  }
  const vhost = broker.vhosts.get(principal.vhost)
  if (vhost === undefined) return `vhost '${principal.vhost}' not found`
  if (!access.mayEnter(user, vhost.name)) return `access to vhost '${vhost.name}' refused for user '${user}'`
  try {
    broker.checkConnectionLimits(user, vhost)
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
  return { user, vhost }
}

/** An IPv4 address that came through an IPv6 socket, as itself. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address
}
