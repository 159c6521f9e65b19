/** Which topics and groups a caller sees, and what it may do to them: as Kafka's clients, narrowed by ACLs. */
import type { AclOperation } from '../../broker/access/authorizer.ts'
import type { Streams } from '../../broker/streams.ts'
import type { Topic } from '../../broker/topic/topic.ts'
import type { Vhost } from '../../broker/vhost.ts'
import { notFound } from '../answers.ts'
import type { Caller } from '../caller.ts'
import type { HttpContext } from '../context.ts'

/** Monitoring users see all. */
export function maySee(caller: Caller, vhost: Vhost, kind: 'topic' | 'group', name: string): boolean {
  return caller.is('monitoring') || caller.rights(vhost).allows('describe', kind, name)
}

/** Names what of these vhosts the caller sees: those who see the same have the same. */
export function visibleScope(caller: Caller, vhosts: readonly Vhost[]): string {
  const names = vhosts.map(({ name }) => name)
  return JSON.stringify(caller.is('monitoring') ? names : [...names, caller.user.name, caller.host])
}

/** Moves with what is there, and with who may see it. */
export function setVersion(
  { broker }: HttpContext,
  vhosts: readonly Vhost[],
  of: (streams: Streams) => number,
): string {
  return [broker.accessVersion, broker.acls.version, ...vhosts.map(({ streams }) => of(streams))].join(' ')
}

/** @throws HttpError 404, Refusal access-refused */
export function seenTopic(caller: Caller, vhostName: string, name: string): { vhost: Vhost; topic: Topic } {
  const vhost = caller.seenVhost(vhostName)
  if (!maySee(caller, vhost, 'topic', name)) caller.rights(vhost).requireAs('describe', 'topic', name)
  return { vhost, topic: existingTopic(vhost, name) }
}

/** @throws HttpError 401, 404, Refusal access-refused */
export function topicFor(
  caller: Caller,
  operation: AclOperation,
  vhostName: string,
  name: string,
): { vhost: Vhost; topic: Topic } {
  const vhost = caller.vhost(vhostName)
  caller.rights(vhost).requireAs(operation, 'topic', name)
  return { vhost, topic: existingTopic(vhost, name) }
}

function existingTopic(vhost: Vhost, name: string): Topic {
  const topic = vhost.streams.topics.get(name)
  if (topic === undefined) throw notFound('topic_not_found')
  return topic
}
