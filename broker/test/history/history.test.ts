import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Exchange } from '../../src/broker/routing/exchange.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import type { Log } from '../../src/log/engine.ts'
import { kill } from '../delay/delayed.ts'
import { World } from '../queue/harness.ts'

function declare(world: World, name: string, length: number, durable = true): Exchange {
  const options = { durable, autoDelete: false, internal: false, arguments: { 'x-recent-history-length': length } }
  return world.vhost.declareExchange(name, 'x-recent-history', options)
}

const plain = (world: World, name: string, type: string): Exchange =>
  world.vhost.declareExchange(name, type, { durable: true, autoDelete: false, internal: false, arguments: {} })

const say = (world: World, exchange: string, from: number, to: number, persistent = true): void => {
  for (let n = from; n <= to; n++) world.publish(exchange, `k${n}`, `${n}`, { persistent })
}

const histories = (world: World): Log[] =>
  [...world.engine.logs.values()].filter((log) => JSON.parse(log.owner)[0] === 'history')

/** What a queue that is bound now gets. */
async function heard(world: World, exchange: string, queue = 'late', args: Headers = {}): Promise<string[]> {
  const late = world.queue(queue, args)
  world.vhost.bind(exchange, late, '', {})
  await world.settle()
  const texts = await world.drain(late)
  world.vhost.removeQueue(late)
  return texts
}

suite('recent history', () => {
  test('keeps the last ones, and nothing else', async () => {
    const world = await World.open()
    declare(world, 'x', 3)
    assert.deepEqual(await heard(world, 'x'), [])
    assert.equal(histories(world).length, 0, 'no log before the first message')
    say(world, 'x', 1, 2)
    assert.deepEqual(await heard(world, 'x'), ['1', '2'])
    say(world, 'x', 3, 500)
    assert.equal(histories(world)[0].unsettled, 3)
    assert.deepEqual(await heard(world, 'x'), ['498', '499', '500'])
    assert.deepEqual(await heard(world, 'x'), ['498', '499', '500'], 'a second one gets the same')
  })

  test('what came while bound and what came before are not mixed up', async () => {
    const world = await World.open()
    declare(world, 'x', 2)
    const early = world.queue('early')
    world.vhost.bind('x', early, '', {})
    say(world, 'x', 1, 3)
    const late = world.queue('late')
    world.vhost.bind('x', late, '', {})
    world.vhost.bind('x', late, '', {})
    say(world, 'x', 4, 5)
    assert.deepEqual(await world.drain(early), ['1', '2', '3', '4', '5'])
    assert.deepEqual(await world.drain(late), ['2', '3', '4', '5'])
  })

  test('a message that is not to be stored is delivered only', async () => {
    const world = await World.open()
    declare(world, 'x', 5)
    const early = world.queue('early')
    world.vhost.bind('x', early, '', {})
    for (const [text, value] of [
      ['kept', false],
      ['not kept', true],
      ['kept too', 'true'],
    ] as const) {
      world.publish('x', '', text, { headers: { 'x-recent-history-no-store': value } })
    }
    assert.deepEqual(await world.drain(early), ['kept', 'not kept', 'kept too'])
    assert.deepEqual(await heard(world, 'x'), ['kept', 'kept too'])
  })

  test('persistent messages of a durable exchange survive a restart, and bindings bring them once', async () => {
    const world = await World.open()
    declare(world, 'x', 3)
    declare(world, 'short-lived', 3, false)
    const bound = world.queue('bound')
    world.vhost.bind('x', bound, '', {})
    say(world, 'x', 1, 4)
    world.publish('x', '', 'transient', { persistent: false })
    say(world, 'short-lived', 1, 4)
    assert.deepEqual(await world.drain(bound), ['1', '2', '3', '4', 'transient'])
    await world.restart()
    assert.deepEqual(await world.drain(world.vhost.queues.get('bound')!), [])
    assert.equal(world.vhost.exchanges.get('short-lived'), undefined)
    assert.equal(histories(world).length, 1)
    assert.deepEqual(await heard(world, 'x'), ['3', '4'])
    say(world, 'x', 5, 6)
    assert.deepEqual(await heard(world, 'x'), ['4', '5', '6'])
  })

  test('what was confirmed is remembered after a kill', async () => {
    const world = await World.open()
    declare(world, 'x', 3)
    say(world, 'x', 1, 10)
    await world.pass(100)
    await kill(world)
    assert.deepEqual(await heard(world, 'x'), ['8', '9', '10'])
  })

  test('the log goes with its exchange, and one declared anew remembers nothing', async () => {
    const world = await World.open()
    declare(world, 'x', 3)
    say(world, 'x', 1, 3)
    await world.settle()
    world.vhost.deleteExchange('x', false)
    assert.equal(histories(world).length, 0)
    declare(world, 'x', 3)
    assert.deepEqual(await heard(world, 'x'), [])
    say(world, 'x', 4, 4)
    await world.restart()
    assert.deepEqual(await heard(world, 'x'), ['4'])
  })

  test('an exchange that is bound routes what is remembered, by all keys', async () => {
    const world = await World.open()
    declare(world, 'x', 5)
    plain(world, 'd', 'direct')
    const [a, b] = [world.queue('a'), world.queue('b')]
    world.vhost.bind('d', a, 'a', {})
    world.vhost.bind('d', b, 'b', {})
    world.publish('x', 'a', 'for a')
    world.publish('x', 'none', 'for nobody')
    world.publish('x', 'a', 'for both', { headers: { CC: ['b'] } })
    world.vhost.bind('x', world.vhost.exchange('d'), '', {})
    assert.deepEqual(await world.drain(a), ['for a', 'for both'])
    assert.deepEqual(await world.drain(b), ['for both'])
  })

  test('a message that comes by way of another exchange is remembered, also if it reaches no queue', async () => {
    const world = await World.open()
    declare(world, 'x', 5)
    plain(world, 'f', 'fanout')
    world.vhost.bind('f', world.vhost.exchange('x'), '', {})
    say(world, 'f', 1, 2)
    assert.deepEqual(await heard(world, 'x'), ['1', '2'])
  })

  test('a time to live counts from the binding', async () => {
    const world = await World.open()
    declare(world, 'x', 5)
    world.publish('x', '', 'brief', { expiration: 1000 })
    await world.pass(5000)
    const late = world.queue('late')
    world.vhost.bind('x', late, '', {})
    await world.pass(900)
    assert.equal(late.ready, 1)
    await world.pass(200)
    assert.equal(late.ready, 0)
  })

  test('an exchange or a queue that goes while files are read ends it', async () => {
    const world = await World.open({ tailBytesMax: 256 << 10 })
    declare(world, 'x', 40)
    for (let n = 1; n <= 60; n++) {
      world.publish('x', '', `${n} `.padEnd(20_000, 'x'))
      await world.settle()
    }
    await world.pass(200)
    const [first, second] = [world.queue('first'), world.queue('second')]
    world.vhost.bind('x', first, '', {})
    world.vhost.bind('x', second, '', {})
    world.vhost.removeQueue(second)
    const logs = world.engine.logs.size
    await world.settle()
    assert.equal(first.ready, 40)
    assert.equal(world.engine.logs.size, logs)
    const third = world.queue('third')
    world.vhost.bind('x', third, '', {})
    world.vhost.deleteExchange('x', false)
    await world.pass(1000, 100)
    assert.ok(third.ready < 40)
    assert.equal(histories(world).length, 0)
  })

  test('from files: in order, all of them, also while others are published', async () => {
    const world = await World.open({ tailBytesMax: 256 << 10 })
    declare(world, 'x', 40)
    const text = (n: number) => `${n} `.padEnd(20_000, 'x')
    const number = (body: string) => Number.parseInt(body, 10)
    for (let n = 1; n <= 60; n++) {
      world.publish('x', '', text(n))
      await world.settle()
    }
    await world.pass(200)
    const late = world.queue('late')
    world.vhost.bind('x', late, '', {})
    const atOnce = late.ready
    assert.ok(atOnce < 40, `${atOnce} were in memory: nothing had to be read`)
    for (let n = 61; n <= 70; n++) world.publish('x', '', text(n))
    const got = (await world.drain(late)).map(number)
    assert.deepEqual(
      got.filter((n) => n <= 60),
      Array.from({ length: 40 }, (_, index) => 21 + index),
    )
    assert.deepEqual(
      got.filter((n) => n > 60),
      Array.from({ length: 10 }, (_, index) => 61 + index),
    )
    assert.equal(histories(world)[0].unsettled, 40, 'trimmed when the reading was done')
  })
})
