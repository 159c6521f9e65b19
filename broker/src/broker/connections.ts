/**
 * The client connections that are open, whatever protocol they speak: by vhost and by user, since both have limits and
 * both can be deleted under them.
 */
import type { Headers } from './routing/headers.ts'

export interface ClientConnection {
  /** Both ends: `127.0.0.1:40000 -> 127.0.0.1:5672`. */
  readonly name: string
  readonly user: string
  readonly vhost: string
  /** ms since 1970 */
  readonly connectedAt: number
  readonly channelCount: number
  /** What else can be said of it, under RabbitMQ's names. */
  describe(): Headers
  /** Tells the client why, and ends it. */
  forceClose(reason: string): void
}

export class Connections {
  private readonly byVhost = new Map<string, Set<ClientConnection>>()
  private readonly byUser = new Map<string, Set<ClientConnection>>()

  add(connection: ClientConnection): void {
    within(this.byVhost, connection.vhost).add(connection)
    within(this.byUser, connection.user).add(connection)
  }

  /** @returns whether it was there. */
  delete(connection: ClientConnection): boolean {
    without(this.byVhost, connection.vhost, connection)
    return without(this.byUser, connection.user, connection)
  }

  inVhost(vhost: string): ReadonlySet<ClientConnection> {
    return this.byVhost.get(vhost) ?? NONE
  }

  ofUser(user: string): ReadonlySet<ClientConnection> {
    return this.byUser.get(user) ?? NONE
  }

  channelsOf(user: string): number {
    let count = 0
    for (const connection of this.ofUser(user)) count += connection.channelCount
    return count
  }
}

const NONE: ReadonlySet<ClientConnection> = new Set()

function within(index: Map<string, Set<ClientConnection>>, key: string): Set<ClientConnection> {
  let found = index.get(key)
  if (found === undefined) index.set(key, (found = new Set()))
  return found
}

function without(index: Map<string, Set<ClientConnection>>, key: string, connection: ClientConnection): boolean {
  const found = index.get(key)
  if (!found?.delete(connection)) return false
  if (found.size === 0) index.delete(key)
  return true
}
