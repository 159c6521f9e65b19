// Streams are asked for as queues are, and names of consumers as Kafka's groups.

import { dialogues, differs, login, Speaker } from './dialogue.ts'

const guest = new Speaker('guest', 1)
const reader = new Speaker('reader', 1)
const own = new Speaker('own', 1)
const as = (user: string) => login(user, { user })

const STREAM = { 'x-queue-type': 'stream' }
const NAMED = 'RabbitMQ 3.10 does not name the permission that is missing'
const denied = (who: Speaker, permission: string, what: string) => {
  const rest = `access to ${what} in vhost '/' refused for user '${who.connection}'`
  return differs(NAMED, {
    signalbox: [who.refused(403, `${permission} ${rest}`)],
    rabbit: [who.refused(403, rest)],
  })
}
const declare = guest.ask('queue.declare', { queue: 'stream-permissions.q', durable: true, arguments: STREAM })
const qos = (who: Speaker) => who.ask('basic.qos', { prefetchSize: 0, prefetchCount: 1 })

dialogues({
  'who may only read': [
    as('reader'),
    declare,
    reader.send('queue.declare', { queue: 'stream-permissions.new', durable: true, arguments: STREAM }),
    denied(reader, 'configure', "queue 'stream-permissions.new'"),
    reader.send('queue.delete', { queue: 'stream-permissions.q' }),
    denied(reader, 'configure', "queue 'stream-permissions.q'"),
    qos(reader),
    reader.ask('basic.consume', { queue: 'stream-permissions.q', consumerTag: 'c' }),
  ],
  'who may read other queues only': [
    as('own'),
    declare,
    qos(own),
    own.send('basic.consume', { queue: 'stream-permissions.q', consumerTag: 'c' }),
    denied(own, 'read', "queue 'stream-permissions.q'"),
  ],
  'whose name it may be': [
    differs('`x-stream-consumer`: the broker keeps how far a consumer of a stream came', {
      signalbox: [
        as('own'),
        own.ask('queue.declare', { queue: 'own.q', durable: true, arguments: STREAM }),
        qos(own),
        own.send('basic.consume', { queue: 'own.q', consumerTag: 'c', arguments: { 'x-stream-consumer': 'others' } }),
        own.refused(403, "read access to consumer group 'others' in vhost '/' refused for user 'own'"),
        qos(own),
        own.ask('basic.consume', { queue: 'own.q', consumerTag: 'c', arguments: { 'x-stream-consumer': 'own.name' } }),
      ],
      rabbit: [],
    }),
  ],
})
