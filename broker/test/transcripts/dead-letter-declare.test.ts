// Declaring queues with a dead-letter exchange: values, equivalence, permissions.

import { dialogues, differs, login, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const own = new Speaker('own', 1)
const guest = new Speaker('guest', 1)

const q = { queue: 'dead-letter-declare.q', durable: true }
const arg = (name: string) => `invalid arg '${name}' for queue '${q.queue}' in vhost '/': `
const declare = (args = {}) => a.send('queue.declare', { ...q, arguments: args })

const NAMED = 'RabbitMQ 3.10 does not name the permission that is missing'

dialogues({
  'a key without an exchange': [
    declare({ 'x-dead-letter-routing-key': 'k' }),
    a.refused(406, `${arg('x-dead-letter-routing-key')}routing_key_but_no_dlx_defined`),
  ],
  'values of other kinds': [
    declare({ 'x-dead-letter-exchange': 5 }),
    a.refused(406, `invalid type 'signedint' for arg 'x-dead-letter-exchange' in queue '${q.queue}' in vhost '/'`),
    declare({ 'x-dead-letter-exchange': true }),
    a.refused(406, `invalid type 'bool' for arg 'x-dead-letter-exchange' in queue '${q.queue}' in vhost '/'`),
    declare({ 'x-dead-letter-exchange': 'x', 'x-dead-letter-routing-key': 5 }),
    a.refused(406, `${arg('x-dead-letter-routing-key')}{unacceptable_type,signedint}`),
  ],
  'the default exchange, and one that is not there': [
    a.ask('queue.declare', { ...q, arguments: { 'x-dead-letter-exchange': '' } }),
    a.ask('queue.delete', { queue: q.queue }),
    a.ask('queue.declare', { ...q, arguments: { 'x-dead-letter-exchange': 'dead-letter-declare.none' } }),
  ],
  'declared again': [
    a.ask('queue.declare', { ...q, arguments: { 'x-dead-letter-exchange': 'x', 'x-dead-letter-routing-key': 'k' } }),
    a.ask('queue.declare', { ...q, arguments: { 'x-dead-letter-exchange': 'x', 'x-dead-letter-routing-key': 'k' } }),
    declare({ 'x-dead-letter-exchange': 'y', 'x-dead-letter-routing-key': 'k' }),
    a.refused(
      406,
      `inequivalent arg 'x-dead-letter-exchange' for queue '${q.queue}' in vhost '/': received 'y' but current is 'x'`,
    ),
    declare({ 'x-dead-letter-exchange': 'x' }),
    a.refused(
      406,
      `inequivalent arg 'x-dead-letter-routing-key' for queue '${q.queue}' in vhost '/': received none but current is the value 'k' of type 'longstr'`,
    ),
    declare(),
    a.refused(
      406,
      `inequivalent arg 'x-dead-letter-exchange' for queue '${q.queue}' in vhost '/': received none but current is the value 'x' of type 'longstr'`,
    ),
  ],
  'it asks for read on the queue and write on the exchange': [
    login('own', { user: 'own' }),
    guest.ask('exchange.declare', { exchange: 'dead-letter-declare.x', type: 'fanout' }),
    own.send('queue.declare', {
      queue: 'own.q',
      durable: true,
      arguments: { 'x-dead-letter-exchange': 'dead-letter-declare.x' },
    }),
    differs(NAMED, {
      signalbox: [
        own.refused(403, "write access to exchange 'dead-letter-declare.x' in vhost '/' refused for user 'own'"),
      ],
      rabbit: [own.refused(403, "access to exchange 'dead-letter-declare.x' in vhost '/' refused for user 'own'")],
    }),
    own.ask('queue.declare', { queue: 'own.q', durable: true, arguments: { 'x-dead-letter-exchange': 'own.x' } }),
    own.send('queue.declare', {
      queue: 'own.q2',
      durable: true,
      arguments: { 'x-dead-letter-exchange': '' },
    }),
    differs(NAMED, {
      signalbox: [own.refused(403, "write access to exchange 'amq.default' in vhost '/' refused for user 'own'")],
      rabbit: [own.refused(403, "access to exchange 'amq.default' in vhost '/' refused for user 'own'")],
    }),
  ],
})
