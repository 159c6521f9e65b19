import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createExchange } from '../../src/broker/routing/create.ts'
import type { Exchange, Headers } from '../../src/broker/routing/exchange.ts'
import { route, routeKeys } from '../../src/broker/routing/route.ts'
import type { RouteTarget } from '../../src/broker/routing/target.ts'

class World {
  readonly exchanges = new Map<string, Exchange>()
  byKeyAlone = false

  exchange(name: string, type = 'fanout', alternate?: string): Exchange {
    const args: Headers = alternate === undefined ? {} : { 'alternate-exchange': alternate }
    const options = { durable: true, autoDelete: false, internal: false, arguments: args }
    const exchange = createExchange(type, name, options)
    this.exchanges.set(name, exchange)
    return exchange
  }

  route(first: Exchange, key = '', headers: Headers | null = null): string[] {
    const into: RouteTarget[] = [{ kind: 'queue', name: 'left over' }]
    this.byKeyAlone = route(first, key, headers, (name) => this.exchanges.get(name), into)
    return into.map((target) => target.name).sort()
  }

  routeKeys(first: Exchange, keys: readonly string[]): string[] {
    const into: RouteTarget[] = []
    routeKeys(first, keys, null, (name) => this.exchanges.get(name), into)
    return into.map((target) => target.name).sort()
  }
}

const queue = (name: string): RouteTarget => ({ kind: 'queue', name })

suite('route', () => {
  test('a queue bound many times over several exchanges is reached once', () => {
    const world = new World()
    const [a, b] = [world.exchange('a'), world.exchange('b')]
    const q = queue('q')
    a.bind(b, '', {})
    a.bind(q, '', {})
    b.bind(q, '', {})
    b.bind(queue('r'), '', {})
    assert.deepEqual(world.route(a), ['q', 'r'])
    assert.equal(world.byKeyAlone, true)
  })

  test('each queue once also beyond the size where a list is searched', () => {
    const world = new World()
    const [a, b] = [world.exchange('a'), world.exchange('b')]
    a.bind(b, '', {})
    const queues = Array.from({ length: 100 }, (_, i) => queue(`q${i}`))
    for (const q of queues) {
      a.bind(q, '', {})
      b.bind(q, '', {})
    }
    assert.equal(world.route(a).length, 100)
    assert.equal(new Set(world.route(a)).size, 100)
  })

  test('cycles end, also one through the first exchange and one to itself', () => {
    const world = new World()
    const [a, b] = [world.exchange('a'), world.exchange('b')]
    a.bind(b, '', {})
    b.bind(a, '', {})
    b.bind(b, '', {})
    b.bind(queue('q'), '', {})
    assert.deepEqual(world.route(a), ['q'])
  })

  test('the alternate takes what matched nothing, in a chain, and a loop of alternates ends', () => {
    const world = new World()
    const a = world.exchange('a', 'direct', 'b')
    const b = world.exchange('b', 'direct', 'c')
    const c = world.exchange('c', 'fanout', 'a')
    a.bind(queue('qa'), 'k', {})
    b.bind(queue('qb'), 'l', {})
    assert.deepEqual(world.route(a, 'k'), ['qa'])
    assert.deepEqual(world.route(a, 'l'), ['qb'])
    assert.deepEqual(world.route(a, 'm'), [])
    c.bind(queue('qc'), '', {})
    assert.deepEqual(world.route(a, 'm'), ['qc'])
  })

  test('an exchange reached by a binding uses its own alternate', () => {
    const world = new World()
    const a = world.exchange('a')
    const b = world.exchange('b', 'direct', 'c')
    const c = world.exchange('c')
    a.bind(b, '', {})
    a.bind(queue('qa'), '', {})
    c.bind(queue('qc'), '', {})
    assert.deepEqual(world.route(a, 'k'), ['qa', 'qc'])
  })

  test('several keys: each is looked up, each queue is reached once, and the alternate is for none', () => {
    const world = new World()
    for (const type of ['direct', 'topic'] as const) {
      const x = world.exchange(type, type, 'rest')
      const [a, b] = [queue('a'), queue('b')]
      x.bind(a, 'k.1', {})
      x.bind(a, 'k.2', {})
      x.bind(b, 'k.2', {})
      world.exchange('rest').bind(queue('r'), '', {})
      assert.deepEqual(world.routeKeys(x, ['k.1', 'k.1']), ['a'])
      assert.deepEqual(world.routeKeys(x, ['none', 'k.2', 'k.1']), ['a', 'b'])
      assert.deepEqual(world.routeKeys(x, ['none', 'nor this']), ['r'])
    }
  })

  test('several keys: an exchange that picks one destination picks one', () => {
    const world = new World()
    for (const type of ['x-consistent-hash', 'x-modulus-hash', 'x-random']) {
      const x = world.exchange(type, type)
      for (const name of ['a', 'b', 'c', 'd']) x.bind(queue(name), '1', {})
      assert.equal(world.routeKeys(x, ['1', '2', '3', '4', '5', '6', '7', '8']).length, 1)
      if (type !== 'x-random') assert.deepEqual(world.routeKeys(x, ['5', '6']), world.route(x, '5'))
    }
  })

  test('a missing alternate drops the message', () => {
    const world = new World()
    assert.deepEqual(world.route(world.exchange('a', 'direct', 'gone'), 'k'), [])
  })

  test('says when headers had a part in it, also on the way', () => {
    const world = new World()
    const a = world.exchange('a')
    const h = world.exchange('h', 'headers')
    a.bind(h, '', {})
    h.bind(queue('q'), '', { colour: 'red' })
    assert.deepEqual(world.route(a, '', { colour: 'red' }), ['q'])
    assert.equal(world.byKeyAlone, false)
    assert.deepEqual(world.route(a, '', { colour: 'blue' }), [])
    assert.deepEqual(world.route(a, '', null), [])
  })
})
