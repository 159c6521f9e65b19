/**
 * Lists: that the work of a request is that of its page, whatever the number of things; and that pages, filters and orders
 * are RabbitMQ's.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Hono } from 'hono'
import { answerTo } from '../../src/http/answers.ts'
import type { HttpContext } from '../../src/http/context.ts'
import { answerList } from '../../src/http/lists/answer-list.ts'
import type { ListSource } from '../../src/http/lists/list-source.ts'
import { SAMPLE_INTERVAL_MS } from '../../src/http/stats/stats.ts'
import { BothWorlds, type Json } from './both-worlds.ts'

interface Thing {
  readonly name: string
  size: number
}

/** Many things, and how often they were looked at. */
class Things {
  readonly all = new Set<Thing>()
  version = 1
  nowMs = 1_000_000
  described = 0
  keysRead = 0
  private readonly app: Hono

  constructor(count: number) {
    for (let n = 0; n < count; n++)
      this.all.add({ name: `thing-${String(n).padStart(6, '0')}`, size: (n * 7919) % count })
    const http = { broker: { clock: { now: () => this.nowMs }, logger: console } } as unknown as HttpContext
    this.app = new Hono()
    this.app.onError((error, c) => answerTo(http, error, c))
    this.app.get('/', (c) => answerList(c, http, this.source))
  }

  private readonly source: ListSource<Thing> = {
    kind: 'things',
    scope: 'all',
    all: () => this.all,
    setVersion: () => this.version,
    name: ({ name }) => {
      this.keysRead++
      return name
    },
    columns: {
      name: ({ name }) => name,
      size: ({ size }) => {
        this.keysRead++
        return size
      },
    },
    describe: ({ name, size }) => {
      this.described++
      return { name, size, deep: { size, list: [1] } }
    },
  }

  add(thing: Thing): void {
    this.all.add(thing)
    this.version++
  }

  delete(name: string): void {
    for (const thing of this.all) if (thing.name === name) this.all.delete(thing)
    this.version++
  }

  async request(query: string): Promise<Response> {
    return this.app.request(`/?${query}`)
  }

  /** @returns the answer, and the looks it cost */
  async ask(query: string): Promise<{ answer: Json; status: number; described: number; keysRead: number }> {
    this.described = 0
    this.keysRead = 0
    const response = await this.request(query)
    const answer: Json = await response.json()
    return { answer, status: response.status, described: this.described, keysRead: this.keysRead }
  }
}

const names = (answer: Json): string[] => (answer.items ?? answer).map(({ name }: Thing) => name)
const COUNT = 10_000

describe('the work of a request', () => {
  test('is that of its page, for names', async () => {
    const things = new Things(COUNT)
    const first = await things.ask('page=1&page_size=50')
    assert.deepEqual([first.described, first.keysRead], [50, COUNT])
    for (const query of ['page=2&page_size=50', 'page=200&page_size=50', 'page=1&page_size=50&sort_reverse=true']) {
      const { described, keysRead } = await things.ask(query)
      assert.deepEqual([described, keysRead], [50, 0], query)
    }
    assert.equal((await things.ask('page=100&page_size=100')).described, 100)
  })

  test('and that of what came and went', async () => {
    const things = new Things(COUNT)
    await things.ask('page=1&page_size=50')
    await things.ask('page=1&page_size=50&sort=size')
    things.add({ name: 'a-new-one', size: -1 })
    const added = await things.ask('page=1&page_size=50')
    assert.deepEqual([added.described, added.keysRead], [50, 1])
    assert.deepEqual(names(added.answer).slice(0, 2), ['a-new-one', 'thing-000000'])
    assert.equal(added.answer.total_count, COUNT + 1)
    const bySize = await things.ask('page=1&page_size=50&sort=size')
    assert.deepEqual([bySize.described, bySize.keysRead], [50, 2])
    assert.equal(names(bySize.answer)[0], 'a-new-one')
    things.delete('a-new-one')
    const gone = await things.ask('page=1&page_size=50')
    assert.deepEqual([gone.described, gone.keysRead], [50, 0])
    assert.equal(names(gone.answer)[0], 'thing-000000')
    assert.equal(gone.answer.total_count, COUNT)
  })

  test('numbers are read again after a sample interval, and not before', async () => {
    const things = new Things(COUNT)
    const smallest = async () => things.ask('page=1&page_size=1&sort=size')
    assert.equal((await smallest()).keysRead, 2 * COUNT)
    const [thing] = things.all
    thing.size = -5
    things.nowMs += SAMPLE_INTERVAL_MS - 1
    assert.equal((await smallest()).keysRead, 0)
    things.nowMs += 1
    const later = await smallest()
    assert.deepEqual([later.described, later.keysRead, names(later.answer)], [1, 2 * COUNT, [thing.name]])
  })

  test('a filter costs its names once', async () => {
    const things = new Things(COUNT)
    const query = 'page=1&page_size=10&name=0099'
    const first = await things.ask(query)
    assert.deepEqual([first.described, first.keysRead], [10, COUNT])
    assert.equal(first.answer.filtered_count, 111)
    assert.deepEqual(await things.ask(query), { ...first, keysRead: 0 })
    things.add({ name: 'THING-0099', size: 1 })
    const grown = await things.ask(query)
    assert.deepEqual([grown.keysRead, grown.answer.filtered_count], [1, 112])
  })

  test('of a whole list is done in slices: others have their turns meanwhile', async () => {
    const things = new Things(COUNT)
    let turns = 0
    let most = 0
    let before = 0
    let running = true
    const others = (): void => {
      turns++
      most = Math.max(most, things.described - before)
      before = things.described
      if (running) setImmediate(others)
    }
    others()
    const { answer, described } = await things.ask('')
    running = false
    assert.deepEqual([answer.length, described], [COUNT, COUNT])
    assert.ok(turns > 100, `${turns} turns`)
    assert.ok(most <= 100, `${most} rows in one turn`)
  })

  test('requests at the same time share it', async () => {
    const things = new Things(COUNT)
    await Promise.all(Array.from({ length: 3 }, () => things.request('page=1&page_size=5')))
    assert.equal(things.keysRead, COUNT)
  })
})

describe('pages', () => {
  test('are counted and refused as RabbitMQ does', async () => {
    const things = new Things(7)
    const { answer } = await things.ask('page=2&page_size=5&columns=name')
    assert.deepEqual(answer, {
      total_count: 7,
      item_count: 2,
      filtered_count: 7,
      page: 2,
      page_size: 5,
      page_count: 2,
      items: [{ name: 'thing-000005' }, { name: 'thing-000006' }],
    })
    assert.equal((await things.ask('page=1')).answer.page_size, 100)
    for (const [query, error, reason] of [
      ['page=3&page_size=5', 'page_out_of_range', 'Page out of range, page: 3 page size: 5, len: 7'],
      ['page=0', 'invalid_pagination_parameters', 'Invalid pagination parameters: page number 0, page size undefined'],
      [
        'page=1&page_size=501',
        'invalid_pagination_parameters',
        'Invalid pagination parameters: page number 1, page size 501',
      ],
      ['page=x', 'bad_request', 'Pagination parameters are invalid'],
      ['page=1&use_regex=true&name=(', 'bad_request', 'Invalid regular expression: ('],
    ]) {
      const { status, answer: refused } = await things.ask(query)
      assert.deepEqual([status, refused], [400, { error, reason }], query)
    }
    const none = await new Things(0).ask('page=1')
    assert.deepEqual([none.answer.items, none.answer.page_count], [[], 0])
  })

  test('are filtered by part of a name or a pattern, in either case', async () => {
    const things = new Things(20)
    const found = async (query: string): Promise<string[]> => names((await things.ask(query)).answer)
    assert.deepEqual(
      await found('page=1&name=ING-00001'),
      Array.from({ length: 10 }, (_, n) => `thing-00001${n}`),
    )
    assert.deepEqual(await found('page=1&use_regex=true&name=%5ETHING-0%2B%5B12%5D%24'), [
      'thing-000001',
      'thing-000002',
    ])
    assert.deepEqual(await found('page=1&pagination=false&use_regex=true&name=%5Cd7%24'), [
      'thing-000007',
      'thing-000017',
    ])
    assert.deepEqual(await found('name=.*'), [])
    // Backtracking would not come to an end.
    things.add({ name: 'a'.repeat(200), size: 1 })
    assert.deepEqual(await found('page=1&use_regex=true&name=(a%2B)%2B%24b'), [])
  })

  test('are in the order that was asked for, by name within it', async () => {
    const things = new Things(0)
    for (const [name, size] of [
      ['c', 2],
      ['a', 2],
      ['b', 1],
    ] as const) {
      things.add({ name, size })
    }
    const order = async (query: string): Promise<string> => names((await things.ask(query)).answer).join('')
    assert.equal(await order(''), 'abc')
    assert.equal(await order('sort=size'), 'bac')
    assert.equal(await order('sort=size&sort_reverse=true'), 'cab')
    assert.equal(await order('sort=unknown'), 'abc')
    assert.equal(await order('sort=constructor'), 'abc')
  })

  test('have the columns that were asked for, where they are', async () => {
    const things = new Things(1)
    assert.deepEqual((await things.ask('columns=name,deep.size,deep.none,none,name.length,constructor')).answer, [
      { name: 'thing-000000', deep: { size: 0 } },
    ])
  })
})

test('ten thousand queues are a list like any other', async (t) => {
  const world = await BothWorlds.open(t)
  const channel = await (await world.amqp(t)).createChannel()
  const declared: Promise<unknown>[] = []
  for (let n = 0; n < COUNT; n++) declared.push(channel.assertQueue(`q${String(n).padStart(5, '0')}`))
  await Promise.all(declared)
  channel.sendToQueue('q04711', Buffer.from('x'))
  await channel.checkQueue('q04711')
  const page = await world.get('/queues?page=100&page_size=100')
  assert.deepEqual([page.total_count, page.item_count, page.items[99].name], [COUNT, 100, 'q09999'])
  const fullest = await world.get('/queues/%2F?page=1&page_size=1&sort=messages&sort_reverse=true')
  assert.deepEqual([fullest.items[0].name, fullest.items[0].messages], ['q04711', 1])
  assert.equal((await world.get('/queues?columns=name')).length, COUNT)
  await channel.deleteQueue('q00000')
  const after = await world.get('/queues?page=1&page_size=1')
  assert.deepEqual([after.total_count, after.items[0].name], [COUNT - 1, 'q00001'])
})

test('what is in a vhost is not taken for what was in another one of its name', async (t) => {
  const world = await BothWorlds.open(t)
  for (const queue of ['one', 'two']) {
    await world.done('PUT', '/vhosts/v')
    await world.done('PUT', `/queues/v/${queue}`, {})
    assert.deepEqual(names(await world.get('/queues/v')), [queue])
    await world.done('DELETE', '/vhosts/v')
  }
})
