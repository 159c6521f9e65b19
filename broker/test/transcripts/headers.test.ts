// Headers exchanges: which arguments of a binding take which headers of a message.

import { typed } from '../../src/wire/amqp/field-table.ts'
import { dialogues, Speaker } from './dialogue.ts'
import { routes } from './routing.ts'

const a = new Speaker('a', 1)

dialogues({
  'all, any, and the default': routes(
    'headers',
    {
      all: { headers: { 'x-match': 'all', a: 1, b: 'two' } },
      any: { headers: { 'x-match': 'any', a: 1, b: 'two' } },
      plain: { headers: { a: 1 } },
      nothing: { headers: {} },
      anyOfNothing: { headers: { 'x-match': 'any' } },
    },
    [
      [{ headers: { a: 1, b: 'two' } }, 'all', 'any', 'plain', 'nothing'],
      [{ headers: { a: 1, b: 'two', c: true } }, 'all', 'any', 'plain', 'nothing'],
      [{ headers: { a: 1 } }, 'any', 'plain', 'nothing'],
      [{ headers: { b: 'two' } }, 'any', 'nothing'],
      [{ headers: { a: 2, b: 'three' } }, 'nothing'],
      [{ headers: { A: 1 } }, 'nothing'],
      [{ key: 'ignored' }, 'nothing'],
      [{ headers: {} }, 'nothing'],
    ],
  ),
  'values are compared with their kind': routes(
    'headers',
    {
      int: { headers: { v: 1 } },
      text: { headers: { v: '1' } },
      yes: { headers: { v: true } },
      half: { headers: { v: 0.5 } },
      whole: { headers: { v: typed('d', 1) } },
      list: { headers: { v: [1, 'a'] } },
      present: { headers: { v: null } },
    },
    [
      [{ headers: { v: 1 } }, 'int', 'whole', 'present'],
      [{ headers: { v: typed('l', 1) } }, 'int', 'whole', 'present'],
      [{ headers: { v: typed('b', 1) } }, 'int', 'whole', 'present'],
      [{ headers: { v: typed('d', 1) } }, 'int', 'whole', 'present'],
      [{ headers: { v: '1' } }, 'text', 'present'],
      [{ headers: { v: true } }, 'yes', 'present'],
      [{ headers: { v: 0.5 } }, 'half', 'present'],
      [{ headers: { v: [1, 'a'] } }, 'list', 'present'],
      [{ headers: { v: null } }, 'present'],
      [{ headers: { w: 1 } }],
    ],
  ),
  'keys that begin with x- do not count': routes(
    'headers',
    {
      all: { headers: { 'x-match': 'all', 'x-kind': 'k', a: 1 } },
      any: { headers: { 'x-match': 'any', 'x-kind': 'k', a: 1 } },
    },
    [
      [{ headers: { a: 1 } }, 'all', 'any'],
      [{ headers: { 'x-kind': 'k' } }],
      [{ headers: { a: 1, 'x-kind': 'other' } }, 'all', 'any'],
    ],
  ),
  'unless they are asked to': routes(
    'headers',
    {
      all: { headers: { 'x-match': 'all-with-x', 'x-kind': 'k', a: 1 } },
      any: { headers: { 'x-match': 'any-with-x', 'x-kind': 'k', a: 1 } },
    },
    [
      [{ headers: { a: 1 } }, 'any'],
      [{ headers: { 'x-kind': 'k' } }, 'any'],
      [{ headers: { a: 1, 'x-kind': 'k' } }, 'all', 'any'],
    ],
  ),
  'x-match says nothing else': [
    a.ask('queue.declare', { queue: 'headers.q', exclusive: true }),
    a.send('queue.bind', {
      queue: 'headers.q',
      exchange: 'amq.headers',
      routingKey: '',
      arguments: { 'x-match': 'some' },
    }),
    a.refused(406, /x-match/),
    a.send('queue.bind', { queue: 'headers.q', exchange: 'amq.headers', routingKey: '', arguments: { 'x-match': 1 } }),
    a.refused(406, /x-match/),
  ],
})
