// Topic exchanges (and direct and fanout beside them): which binding key takes which routing key.

import { dialogues } from './dialogue.ts'
import { routes } from './routing.ts'

const bindings = {
  all: { key: '#' },
  one: { key: '*' },
  two: { key: '*.*' },
  stock: { key: 'stock.#' },
  exact: { key: 'stock.nyse.ibm' },
  middle: { key: 'stock.*.ibm' },
  ends: { key: '#.ibm' },
  around: { key: '#.nyse.#' },
  empty: { key: '' },
  atLeastOne: { key: '*.#' },
  twice: { key: '#.#' },
  gap: { key: 'a.#.b' },
  star: { key: 'a.*.#.b' },
}

dialogues({
  'topic rows': routes('topic', bindings, [
    [{ key: '' }, 'all', 'twice', 'empty'],
    [{ key: 'stock' }, 'all', 'twice', 'one', 'stock', 'atLeastOne'],
    [{ key: 'ibm' }, 'all', 'twice', 'one', 'ends', 'atLeastOne'],
    [{ key: 'nyse' }, 'all', 'twice', 'one', 'around', 'atLeastOne'],
    [{ key: 'stock.nyse' }, 'all', 'twice', 'two', 'stock', 'around', 'atLeastOne'],
    [{ key: 'stock.nyse.ibm' }, 'all', 'twice', 'stock', 'exact', 'middle', 'ends', 'around', 'atLeastOne'],
    [{ key: 'stock.nasdaq.ibm' }, 'all', 'twice', 'stock', 'middle', 'ends', 'atLeastOne'],
    [{ key: 'Stock.nyse' }, 'all', 'twice', 'two', 'around', 'atLeastOne'],
    [{ key: 'stock.*.ibm' }, 'all', 'twice', 'stock', 'middle', 'ends', 'atLeastOne'],
    [{ key: 'a.b' }, 'all', 'twice', 'two', 'gap', 'atLeastOne'],
    [{ key: 'a.x.b' }, 'all', 'twice', 'gap', 'star', 'atLeastOne'],
    [{ key: 'a.x.y.z.b' }, 'all', 'twice', 'gap', 'star', 'atLeastOne'],
    [{ key: 'a.b.c' }, 'all', 'twice', 'atLeastOne'],
    [{ key: '.' }, 'all', 'twice', 'two', 'atLeastOne'],
    [{ key: 'stock.' }, 'all', 'twice', 'two', 'stock', 'atLeastOne'],
    [{ key: 'a..b' }, 'all', 'twice', 'gap', 'star', 'atLeastOne'],
  ]),
  'topic without a match': routes('topic', { a: { key: 'a' }, ab: { key: 'a.b' } }, [
    [{ key: 'b' }],
    [{ key: '' }],
    [{ key: 'a.b.c' }],
    [{ key: 'a' }, 'a'],
  ]),
  'direct rows': routes('direct', { a: { key: 'a' }, also: { key: 'a' }, dots: { key: 'a.*' }, empty: {} }, [
    [{ key: 'a' }, 'a', 'also'],
    [{ key: 'a.b' }],
    [{ key: 'a.*' }, 'dots'],
    [{ key: '' }, 'empty'],
    [{ key: 'A' }],
  ]),
  'fanout rows': routes('fanout', { a: { key: 'a' }, b: { key: 'b' } }, [
    [{ key: 'anything' }, 'a', 'b'],
    [{}, 'a', 'b'],
  ]),
})
