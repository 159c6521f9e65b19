// What a user may do: configure, write, read, by the names of queues and exchanges.

import { dialogues, differs, login, Speaker } from './dialogue.ts'

const owner = new Speaker('owner', 1)
const reader = new Speaker('reader', 1)
const writer = new Speaker('writer', 1)
const foreign = new Speaker('own', 1)
const guest = new Speaker('guest', 1)
const as = (user: string) => login(user, { user })

const NAMED = 'RabbitMQ 3.10 does not name the permission that is missing'

/** Hears that one of the three permissions is missing. */
function denied(who: Speaker, permission: 'configure' | 'write' | 'read', what: string) {
  const rest = `access to ${what} in vhost '/' refused for user '${who.connection}'`
  return differs(NAMED, {
    signalbox: [who.refused(403, `${permission} ${rest}`)],
    rabbit: [who.refused(403, rest)],
  })
}

const q = { queue: 'permissions.q' }
const x = { exchange: 'permissions.x', type: 'fanout' }
const own = { queue: 'own.q' }

dialogues({
  'who may only read': [
    as('reader'),
    guest.ask('queue.declare', q),
    guest.ask('exchange.declare', x),
    guest.publish('', q.queue, '1'),
    guest.holds(q.queue, 1),
    reader.send('queue.declare', { queue: 'permissions.new' }),
    denied(reader, 'configure', "queue 'permissions.new'"),
    reader.send('exchange.declare', { exchange: 'permissions.new', type: 'direct' }),
    denied(reader, 'configure', "exchange 'permissions.new'"),
    reader.send('queue.delete', q),
    denied(reader, 'configure', "queue 'permissions.q'"),
    reader.send('exchange.delete', { exchange: x.exchange }),
    denied(reader, 'configure', "exchange 'permissions.x'"),
    reader.publish(x.exchange, '', 'no'),
    denied(reader, 'write', "exchange 'permissions.x'"),
    reader.publish('', q.queue, 'no'),
    denied(reader, 'write', "exchange 'amq.default'"),
    reader.send('queue.bind', { ...q, exchange: x.exchange, routingKey: '' }),
    denied(reader, 'write', "queue 'permissions.q'"),
    reader.send('basic.get', { ...q, noAck: true }),
    reader.got(1, '1'),
    reader.ask('basic.consume', { ...q, consumerTag: 'c' }),
    reader.ask('queue.purge', q),
    reader.ask('queue.declare', { ...q, passive: true }),
    reader.ask('exchange.declare', { ...x, passive: true }),
  ],
  'who may only write': [
    as('writer'),
    guest.ask('queue.declare', q),
    guest.ask('exchange.declare', x),
    writer.publish(x.exchange, '', 'yes'),
    writer.publish('', q.queue, 'yes'),
    guest.holds(q.queue, 1),
    writer.send('basic.get', q),
    denied(writer, 'read', "queue 'permissions.q'"),
    writer.send('basic.consume', { ...q, consumerTag: 'c' }),
    denied(writer, 'read', "queue 'permissions.q'"),
    writer.send('queue.purge', q),
    denied(writer, 'read', "queue 'permissions.q'"),
    writer.send('queue.bind', { ...q, exchange: x.exchange, routingKey: '' }),
    denied(writer, 'read', "exchange 'permissions.x'"),
    writer.send('queue.unbind', { ...q, exchange: x.exchange, routingKey: '' }),
    denied(writer, 'read', "exchange 'permissions.x'"),
  ],
  'who may only do with names of his own': [
    login('own', { user: 'own' }),
    login('owner', { user: 'own' }),
    owner.ask('queue.declare', own),
    owner.ask('exchange.declare', { exchange: 'own.x', type: 'direct' }),
    owner.ask('queue.bind', { ...own, exchange: 'own.x', routingKey: 'k' }),
    owner.publish('own.x', 'k', 'mine'),
    owner.holds(own.queue, 1),
    owner.ask('queue.delete', own),
    guest.ask('exchange.declare', x),
    foreign.send('exchange.bind', { destination: 'own.x', source: x.exchange, routingKey: '' }),
    denied(foreign, 'read', "exchange 'permissions.x'"),
    foreign.send('exchange.bind', { destination: x.exchange, source: 'own.x', routingKey: '' }),
    denied(foreign, 'write', "exchange 'permissions.x'"),
    foreign.send('queue.declare', { queue: '', exclusive: true }),
    differs(NAMED, {
      signalbox: [foreign.refused(403, "configure access to queue 'amq.gen-' in vhost '/' refused for user 'own'")],
      rabbit: [
        foreign.refused(
          403,
          /^ACCESS_REFUSED - access to queue 'amq\.gen-[\w-]{22}' in vhost '\/' refused for user 'own'$/,
        ),
      ],
    }),
  ],
  'an alternate exchange asks for read here and write there': [
    login('own', { user: 'own' }),
    guest.ask('exchange.declare', x),
    foreign.send('exchange.declare', {
      exchange: 'own.alternate',
      type: 'direct',
      arguments: { 'alternate-exchange': x.exchange },
    }),
    denied(foreign, 'write', "exchange 'permissions.x'"),
  ],
})
