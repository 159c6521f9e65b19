/**
 * What one user may do in one vhost, asked in the way every protocol asks it: the permissions of the vhost and, where an
 * AMQP name stands for a topic, what Kafka asks of its clients as well.
 */
import type { Broker } from '../broker.ts'
import { Refusal } from '../refusal.ts'
import type { Vhost } from '../vhost.ts'
import type { AclOperation, Asker, Authorizer } from './authorizer.ts'
import type { Operation } from './grant.ts'

/** What Kafka calls an operation on what turns out to be a topic. Declaring one again needs no more than knowing of it. */
const ON_TOPIC: Readonly<Record<Operation, AclOperation>> = { read: 'read', write: 'write', configure: 'describe' }

type Asked = 'topic' | 'group' | 'transactional-id'

const WORDS: Readonly<Record<Asked, string>> = {
  topic: 'topic',
  group: 'consumer group',
  'transactional-id': 'transactional id',
}

export class Rights {
  private readonly broker: Broker
  private readonly authorizer: Authorizer
  private readonly vhost: Vhost
  private readonly asker: Asker

  /** @param host the address of the client */
  constructor(broker: Broker, authorizer: Authorizer, user: string, vhost: Vhost, host: string) {
    this.broker = broker
    this.authorizer = authorizer
    this.vhost = vhost
    this.asker = { user, vhost: vhost.name, host }
  }

  /** @param onTopic asked of the topic behind the name, if there is one. @throws Refusal access-refused */
  require(operation: Operation, kind: 'queue' | 'exchange', name: string, onTopic = ON_TOPIC[operation]): void {
    this.broker.access.check(this.asker.user, this.vhost.name, operation, kind, name)
    const topic = this.vhost.topicBehind(kind, name)
    if (topic !== null) this.requireAs(onTopic, 'topic', topic)
  }

  /** What Kafka asks of its clients, ACLs included. @throws Refusal access-refused */
  requireAs(operation: AclOperation, kind: Asked, name: string): void {
    const { asker } = this
    if (this.allows(operation, kind, name)) return
    const what = WORDS[kind]
    const text = `${operation} access to ${what} '${name}' in vhost '${asker.vhost}' refused for user '${asker.user}'`
    throw new Refusal('access-refused', text)
  }

  allows(operation: AclOperation, kind: Asked, name: string): boolean {
    return this.authorizer.allows(this.asker, operation, kind, name)
  }

  /** Through the default exchange a key is the name of a queue, or of a stream. @throws Refusal access-refused */
  requireDefault(key: string): void {
    const topic = this.vhost.topicBehind('queue', key)
    if (topic !== null) this.requireAs('write', 'topic', topic)
  }

  /** Of exchanges of type topic. @throws Refusal access-refused */
  requireTopic(operation: 'write' | 'read', exchange: string, key: string): void {
    this.broker.access.checkTopic(this.asker.user, this.vhost.name, operation, exchange, key)
  }
}
