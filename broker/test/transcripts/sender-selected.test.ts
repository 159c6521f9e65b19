// Sender-selected distribution: the headers CC and BCC name further routing keys.

import { typed } from '../../src/wire/amqp/field-table.ts'
import { all, capture, captured, dialogues, Speaker } from './dialogue.ts'

const a = new Speaker('a', 1)
const watcher = new Speaker('a', 2)

const listening = (...queues: string[]) =>
  all(
    ...queues.flatMap((queue) => [
      a.ask('queue.declare', { queue: `selected.${queue}`, exclusive: true }),
      a.ask('basic.consume', { queue: `selected.${queue}`, consumerTag: queue, noAck: true }),
    ]),
  )
const wrong = (name: string, type: string) => `invalid message: {unacceptable_type_in_header,"${name}",${type}}`
const table = (header: string, value: unknown) => ({ headers: { [header]: value } as { [name: string]: string } })

dialogues({
  'CC stays, BCC goes, and all keep the routing key': [
    listening('q'),
    a.publish('', 'selected.q', 'plain', { headers: { other: 1 } }),
    a.delivery('q', 1, 'plain'),
    listening('cc'),
    a.publish('', 'selected.none', 'copy', { headers: { CC: ['selected.cc'], other: 'kept' } }),
    a.delivery('cc', 2, 'copy', { routingKey: 'selected.none', headers: { CC: ['selected.cc'], other: 'kept' } }),
    a.publish('', 'selected.none', 'blind', { messageId: 'm', headers: { BCC: ['selected.q'], other: 'kept' } }),
    a.delivery('q', 3, 'blind', {
      routingKey: 'selected.none',
      headers: { BCC: undefined, other: 'kept' },
      properties: { messageId: 'm' },
    }),
    a.publish('', 'selected.none', 'blind alone', { headers: { BCC: ['selected.q'] } }),
    a.delivery('q', 4, 'blind alone', { headers: { BCC: undefined } }),
    a.silence(),
  ],
  'each queue once, however many keys lead to it': [
    listening('q'),
    a.publish('', 'selected.q', 'once', {
      headers: { CC: ['selected.q', 'selected.none', 'selected.q'], BCC: ['selected.q'] },
    }),
    a.delivery('q', 1, 'once'),
    a.silence('selected.q'),
  ],
  'values that are no text are passed over': [
    listening('q'),
    a.publish('', 'selected.none', 'some', { headers: { CC: [5, null, ['selected.q']], BCC: [true, 'selected.q'] } }),
    a.delivery('q', 1, 'some'),
    a.publish('', 'selected.q', 'empty', { headers: { CC: [], BCC: [] } }),
    a.delivery('q', 2, 'empty', { headers: { CC: [], BCC: undefined } }),
  ],
  'keys of another case or within other tables mean nothing': [
    listening('q', 'no'),
    a.publish('', 'selected.q', 'x', { headers: { cc: ['selected.no'], Bcc: 5, in: { CC: ['selected.no'], BCC: 7 } } }),
    a.delivery('q', 1, 'x', { headers: { cc: ['selected.no'], Bcc: 'I:5', in: { CC: ['selected.no'], BCC: 'I:7' } } }),
    a.silence('selected.no'),
  ],
  'through a direct, a topic and a fanout exchange': [
    ...(['direct', 'topic', 'fanout'] as const).flatMap((type) => [
      a.ask('exchange.declare', { exchange: `selected.${type}`, type }),
      ...['1', '2', '3'].flatMap((key) => [
        a.ask('queue.declare', { queue: `selected.${type}.${key}`, exclusive: true }),
        a.ask('queue.bind', { queue: `selected.${type}.${key}`, exchange: `selected.${type}`, routingKey: `k.${key}` }),
      ]),
      a.publish(`selected.${type}`, 'k.1', 'x', { headers: { CC: ['k.9'], BCC: ['k.3'] } }),
      a.holds(`selected.${type}.1`, 1),
      a.holds(`selected.${type}.2`, type === 'fanout' ? 1 : 0),
      a.holds(`selected.${type}.3`, 1),
    ]),
  ],
  'the alternate exchange takes it only when no key matched': [
    a.ask('exchange.declare', { exchange: 'selected.other', type: 'fanout' }),
    a.ask('exchange.declare', {
      exchange: 'selected.x',
      type: 'direct',
      arguments: { 'alternate-exchange': 'selected.other' },
    }),
    a.ask('queue.declare', { queue: 'selected.k', exclusive: true }),
    a.ask('queue.declare', { queue: 'selected.rest', exclusive: true }),
    a.ask('queue.bind', { queue: 'selected.k', exchange: 'selected.x', routingKey: 'k' }),
    a.ask('queue.bind', { queue: 'selected.rest', exchange: 'selected.other', routingKey: '' }),
    a.publish('selected.x', 'none', 'by copy', { headers: { CC: ['k'] } }),
    a.holds('selected.k', 1),
    a.holds('selected.rest', 0),
    a.publish('selected.x', 'none', 'by none', { headers: { CC: ['nor this'] } }),
    a.holds('selected.k', 1),
    a.holds('selected.rest', 1),
  ],
  'unroutable by all of them comes back, without BCC': [
    a.publish('', 'selected.none', 'back', {
      mandatory: true,
      headers: { CC: ['selected.no'], BCC: ['selected.nor'] },
    }),
    a.returned(312, 'NO_ROUTE', 'back', {
      routingKey: 'selected.none',
      headers: { CC: ['selected.no'], BCC: undefined },
    }),
  ],
  'in a transaction': [
    a.ask('queue.declare', { queue: 'selected.q', exclusive: true }),
    a.ask('tx.select', {}),
    a.publish('', 'selected.none', 'later', { headers: { CC: ['selected.no'], BCC: ['selected.q'] } }),
    a.silence(),
    watcher.holds('selected.q', 0),
    a.ask('tx.commit', {}),
    watcher.holds('selected.q', 1),
    a.send('basic.get', { queue: 'selected.q', noAck: true }),
    a.got(1, 'later', { headers: { CC: ['selected.no'], BCC: undefined } }),
  ],
  'to requesters': [
    listening('q'),
    a.ask('basic.consume', { queue: 'amq.rabbitmq.reply-to', consumerTag: 'replies', noAck: true }),
    a.publish('', 'selected.q', 'ask', { replyTo: 'amq.rabbitmq.reply-to' }),
    a.delivery('q', 1, 'ask', { properties: { replyTo: capture('address', /^amq\.rabbitmq\.reply-to\./) } }),
    async (run) => {
      await watcher.publish('', 'selected.q', 'copied', {
        headers: { CC: [run.resolve({ key: captured('address') }).key] },
      })(run)
      const client = await run.client('a')
      const tags = [(await client.next(1)).args.consumerTag, (await client.next(1)).args.consumerTag]
      if (tags.sort().join() !== 'q,replies') throw new Error(`went to ${tags}`)
    },
  ],
  ...Object.fromEntries(
    (
      [
        ['CC', 'text', 'longstr'],
        ['BCC', 'text', 'longstr'],
        ['CC', 5, 'signedint'],
        ['CC', 2 ** 40, 'long'],
        ['CC', true, 'bool'],
        ['CC', null, 'void'],
        ['BCC', { a: 1 }, 'table'],
        ['BCC', 1.5, 'double'],
        ['CC', typed('b', 5), 'byte'],
        ['CC', typed('s', 5), 'short'],
        ['CC', typed('i', 5), 'unsignedint'],
        ['CC', typed('f', 5), 'float'],
        ['CC', typed('T', 5), 'timestamp'],
        ['CC', typed('x', new Uint8Array(1)), 'binary'],
        ['CC', typed('D', { scale: 1, digits: 1 }), 'decimal'],
      ] as const
    ).map(([header, value, type]) => [
      `${header} of type ${type} is refused`,
      [a.publish('', 'selected.none', 'x', table(header, value)), a.refused(406, wrong(header, type))],
    ]),
  ),
  'a missing exchange is noticed first': [
    a.publish('selected.missing', 'k', 'x', table('CC', 5)),
    a.refused(404, "no exchange 'selected.missing' in vhost '/'"),
  ],
})
