/** What a change of users and permissions tells the event exchange: found by comparing with what was there before. */
import type { AccessKind, User } from '../access/access.ts'
import type { Permission, TopicPermission } from '../access/grant.ts'
import { sameValue } from '../routing/headers.ts'
import type { Events } from './events.ts'

/** `value` undefined: it is gone. `previous` undefined: it was not there. */
export function emitAccessChange(events: Events, kind: AccessKind, value: unknown, previous: unknown): void {
  if (kind === 'user') emitUserChange(events, value as User | undefined, previous as User | undefined)
  else if (kind === 'permission') {
    if (value === undefined) events.emit('permission.deleted', previous as Permission)
    else events.emit('permission.created', value as Permission)
  } else if (value === undefined) events.emit('topic.permission.deleted', previous as TopicPermission)
  else events.emit('topic.permission.created', value as TopicPermission)
}

function emitUserChange(events: Events, user: User | undefined, previous: User | undefined): void {
  if (user === undefined) {
    if (previous !== undefined) events.emit('user.deleted', previous)
    return
  }
  if (previous === undefined) events.emit('user.created', user)
  else if (user.passwordHash !== previous.passwordHash) {
    events.emit(user.passwordHash === '' ? 'user.password.cleared' : 'user.password.changed', user)
  }
  if (!sameValue(user.tags, previous?.tags ?? [])) events.emit('user.tags.set', user)
  const { name, limits = {} } = user
  if (sameValue({ ...limits }, { ...previous?.limits })) return
  if (Object.keys(limits).length === 0) events.emit('user.limits.cleared', user)
  else events.emit('user.limits.set', { name, limits })
}
