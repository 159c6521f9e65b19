import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { suite, test } from 'node:test'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { kill } from '../delay/delayed.ts'
import { World } from '../queue/harness.ts'
import { declare, got, killed, scheduled, scheduleOf, times } from './scheduled.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const START = Date.UTC(2026, 0, 1)

/** Lets time pass in steps that no tick is late by. */
const pass = (world: World, ms: number): Promise<void> => world.pass(ms, MINUTE / 2)

suite('schedule', () => {
  test('the library of cron expressions is loaded with the first one', async () => {
    const loaded = (): boolean => Object.keys(createRequire(import.meta.url).cache).some((path) => /croner/.test(path))
    const world = await scheduled({ 'x-every': 1000 })
    await world.pass(SECOND)
    assert.equal(loaded(), false)
    declare(world, 'nightly', { 'x-cron': '0 3 * * *' })
    assert.equal(loaded(), true)
  })

  test('publishes at each tick what its arguments say, with the name and the time of the tick', async () => {
    const world = await scheduled({
      'x-cron': '30 1 * * *',
      'x-payload': 'wake up',
      'x-routing-key': 'k',
      'x-properties': {
        content_type: 'text/plain',
        priority: 4,
        type: 'nightly',
        headers: { tenant: 'a', at: { type: 'T', value: 5n } },
      },
    })
    await pass(world, HOUR)
    assert.deepEqual(await got(world), [])
    assert.equal(scheduleOf(world).nextAt, START + 90 * MINUTE)
    await pass(world, HOUR)
    const [message, ...others] = await got(world)
    assert.deepEqual(others, [])
    assert.equal(message.text, 'wake up')
    const at = START + 90 * MINUTE
    const { headers, ...properties } = message.properties
    assert.deepEqual(properties, {
      content_type: 'text/plain',
      priority: 4,
      type: 'nightly',
      delivery_mode: 2,
      message_id: `tick/${at}`,
      timestamp: at / 1000,
    })
    assert.deepEqual({ ...headers }, { tenant: 'a', at: 5, 'x-schedule': 'tick', 'x-scheduled-at': at })
    const { fired, missed, lastAt, nextAt } = scheduleOf(world)
    assert.deepEqual({ fired, missed, lastAt, nextAt }, { fired: 1, missed: 0, lastAt: at, nextAt: at + DAY })
  })

  test('an interval ticks at its whole multiples, whoever declares it and when', async () => {
    const world = await scheduled({ 'x-every': 11 * SECOND })
    await world.pass(20 * SECOND)
    declare(world, 'tick', { 'x-every': 11 * SECOND })
    await world.pass(20 * SECOND)
    const first = Math.ceil(START / 11_000) * 11_000
    const expected = [0, 11_000, 22_000, 33_000].map((ms) => first + ms).filter((at) => at <= START + 40_000)
    assert.deepEqual(
      (await got(world)).map(({ at }) => at),
      expected,
    )
  })

  test('a cron expression of six fields has seconds', async () => {
    const world = await scheduled({ 'x-cron': '*/20 * * * * *' })
    await world.pass(MINUTE)
    assert.deepEqual(await times(world), [
      '2026-01-01T00:00:00',
      '2026-01-01T00:00:20',
      '2026-01-01T00:00:40',
      '2026-01-01T00:01:00',
    ])
  })

  suite('in a zone that changes its clocks', () => {
    const zoned = async (cron: string, from: string, hours: number): Promise<string[]> => {
      const world = await World.open()
      world.clock.advance(Date.parse(from) - START)
      await world.broker.restored()
      declare(world, 'tick', { 'x-cron': cron, 'x-timezone': 'Europe/Berlin' })
      world.vhost.bind('tick', world.queue('jobs'), '', {})
      await pass(world, hours * HOUR)
      return times(world)
    }

    test('a time that is left out comes when the clocks were set', async () => {
      assert.deepEqual(await zoned('30 2 * * *', '2026-03-28T00:00:00Z', 49), [
        '2026-03-28T01:30:00',
        '2026-03-29T01:00:00',
        '2026-03-30T00:30:00',
      ])
    })

    test('a time that comes twice ticks once', async () => {
      assert.deepEqual(await zoned('30 2 * * *', '2026-10-24T00:00:00Z', 50), [
        '2026-10-24T00:30:00',
        '2026-10-25T00:30:00',
        '2026-10-26T01:30:00',
      ])
    })

    test('what ticks through the day goes on evenly', async () => {
      const evenly = (from: string): string[] => {
        return Array.from({ length: 7 }, (_, i) => new Date(Date.parse(from) + i * HOUR).toISOString().slice(0, 19))
      }
      assert.deepEqual(await zoned('0 * * * *', '2026-03-28T22:30:00Z', 7), evenly('2026-03-28T23:00:00Z'))
      assert.deepEqual(await zoned('0 * * * *', '2026-10-24T22:30:00Z', 7), evenly('2026-10-24T23:00:00Z'))
    })
  })

  suite('after downtime', () => {
    test('one message stands for all that was missed, at once', async () => {
      const world = await scheduled({ 'x-cron': '0 * * * *' })
      await pass(world, 90 * MINUTE)
      assert.equal((await got(world)).length, 2)
      await killed(world, 5 * HOUR)
      assert.deepEqual(await times(world), ['2026-01-01T06:00:00'])
      const { fired, missed } = scheduleOf(world)
      assert.deepEqual({ fired, missed }, { fired: 1, missed: 4 })
      await pass(world, 31 * MINUTE)
      assert.deepEqual(await times(world), ['2026-01-01T07:00:00'])
    })

    test('nothing comes for it with x-missed skip', async () => {
      const world = await scheduled({ 'x-cron': '0 * * * *', 'x-missed': 'skip' })
      await pass(world, 90 * MINUTE)
      await got(world)
      await killed(world, 5 * HOUR)
      const { fired, missed, lastAt } = scheduleOf(world)
      assert.deepEqual({ fired, missed, lastAt }, { fired: 0, missed: 5, lastAt: START + HOUR })
      await pass(world, 31 * MINUTE)
      assert.deepEqual(await times(world), ['2026-01-01T07:00:00'])
    })

    test('nothing is published again that was', async () => {
      const world = await scheduled({ 'x-every': MINUTE })
      await pass(world, 5 * MINUTE)
      assert.equal((await got(world)).length, 6)
      for (let i = 0; i < 3; i++) await killed(world, 100)
      await world.restart()
      await world.broker.restored()
      assert.deepEqual(await got(world), [])
      assert.equal(scheduleOf(world).lastAt, START + 5 * MINUTE)
      await pass(world, MINUTE)
      assert.equal((await got(world)).length, 1)
    })

    test('many missed ticks are not counted to the end', async () => {
      const world = await scheduled({ 'x-cron': '* * * * * *' })
      await killed(world, 30 * DAY)
      // That of the declare, one for all that was missed, and that of the moment.
      assert.equal((await got(world)).length, 3)
      assert.equal(scheduleOf(world).missed, 1000)
    })
  })

  test('ticks that come late by a busy moment all come, those that come much later count as missed', async () => {
    const world = await scheduled({ 'x-every': SECOND })
    await got(world)
    world.clock.advance(5 * SECOND)
    await world.settle()
    assert.equal((await got(world)).length, 5)
    // As when the machine slept.
    world.clock.advance(HOUR)
    await world.settle()
    const found = await got(world)
    assert.equal(found.length, 62)
    assert.equal(found[0].at, world.clock.now() - 61 * SECOND)
  })

  test('a wall clock that is set is noticed within a minute, and none of its hours ticks twice', async () => {
    const world = await scheduled({ 'x-cron': '0 * * * *' })
    await pass(world, 90 * MINUTE)
    await got(world)
    let setMs = 2 * HOUR
    const now = world.clock.now.bind(world.clock)
    world.clock.now = () => now() + setMs
    await world.pass(MINUTE, SECOND)
    assert.deepEqual(await times(world), ['2026-01-01T03:00:00'])
    setMs = 0
    await pass(world, 2 * HOUR)
    assert.deepEqual(await times(world), [])
    await pass(world, HOUR)
    assert.deepEqual(await times(world), ['2026-01-01T04:00:00'])
  })

  test('all that is bound gets the message: queues, exchanges, and the alternate exchange if nothing is', async () => {
    const world = await World.open()
    await world.broker.restored()
    const plain = { durable: true, autoDelete: false, internal: false, arguments: {} }
    world.vhost.declareExchange('spare', 'fanout', plain)
    world.vhost.declareExchange('sort', 'direct', plain)
    declare(world, 'tick', {
      'x-every': SECOND,
      'x-routing-key': 'k',
      'alternate-exchange': 'spare',
      'x-properties': { headers: { CC: ['c'], BCC: ['b'] } },
    })
    world.vhost.bind('spare', world.queue('spared'), '', {})
    for (const key of ['k', 'c', 'b', 'other']) world.vhost.bind('sort', world.queue(key), key, {})
    await world.pass(SECOND)
    assert.equal((await got(world, world.queue('spared'))).length, 2)
    world.vhost.bind('tick', world.vhost.exchange('sort'), '', {})
    await world.pass(SECOND)
    assert.equal((await got(world, world.queue('spared'))).length, 0)
    for (const key of ['k', 'c', 'b']) {
      const [{ properties }] = await got(world, world.queue(key))
      assert.deepEqual(Object.keys(properties.headers!).sort(), ['CC', 'x-schedule', 'x-scheduled-at'], key)
    }
    assert.equal((await got(world, world.queue('other'))).length, 0)
  })

  test('what a client publishes to it goes to all that is bound', async () => {
    const world = await scheduled({ 'x-every': HOUR, 'x-payload': 'by itself' })
    await got(world)
    world.publish('tick', 'any', 'by hand')
    assert.deepEqual(
      (await got(world)).map(({ text }) => text),
      ['by hand'],
    )
  })

  test('its times to live count from when it is published', async () => {
    const world = await scheduled({ 'x-every': MINUTE, 'x-properties': { expiration: '5000' } })
    await world.pass(MINUTE + 4990)
    assert.equal(world.queue('jobs').ready, 1)
    await world.pass(20)
    assert.equal(world.queue('jobs').ready, 0)
  })

  test('a full queue that refuses it has it later', async () => {
    const world = await World.open()
    await world.broker.restored()
    declare(world, 'tick', { 'x-every': 30 * SECOND })
    const queue = world.queue('jobs', { 'x-max-length': 1, 'x-overflow': 'reject-publish' })
    world.vhost.bind('tick', queue, '', {})
    await world.pass(45 * SECOND)
    assert.equal(queue.ready, 1)
    assert.deepEqual(await times(world, queue), ['2026-01-01T00:00:00'])
    await world.pass(2 * SECOND)
    assert.deepEqual(await times(world, queue), ['2026-01-01T00:00:30'])
  })

  test('ends with its exchange, and begins anew when it is declared again', async () => {
    const world = await scheduled({ 'x-cron': '0 * * * *' })
    await pass(world, 30 * MINUTE)
    world.vhost.deleteExchange('tick', false)
    await got(world)
    await pass(world, 2 * HOUR)
    assert.deepEqual(await got(world), [])
    assert.equal(world.engine.cursors.size, 0)
    await killed(world, 0)
    declare(world, 'tick', { 'x-cron': '0 * * * *' })
    world.vhost.bind('tick', world.queue('jobs'), '', {})
    await pass(world, HOUR)
    assert.deepEqual(await times(world), ['2026-01-01T03:00:00'])
  })

  test('takes another plan from the moment it is given, and keeps it over a crash', async () => {
    const world = await scheduled({ 'x-cron': '30 0 * * *', 'x-payload': 'old', 'x-routing-key': 'k' })
    await pass(world, HOUR)
    assert.deepEqual(await times(world), ['2026-01-01T00:30:00'])
    await pass(world, 3 * HOUR + MINUTE)
    // Ticks of the new plan that would lie before this count for nothing, also after a crash.
    const exchange = world.vhost.exchange('tick')
    world.vhost.schedules.alter(exchange, { 'x-cron': null, 'x-every': HOUR, 'x-payload': 'new' })
    assert.deepEqual(exchange.arguments, { 'x-every': HOUR, 'x-payload': 'new', 'x-routing-key': 'k' })
    assert.equal(scheduleOf(world).nextAt, START + 5 * HOUR)
    await killed(world, MINUTE)
    assert.deepEqual(await times(world), [])
    await pass(world, HOUR)
    assert.deepEqual(
      (await got(world)).map(({ text, at }) => [text, at]),
      [['new', START + 5 * HOUR]],
    )
    assert.equal(scheduleOf(world).missed, 0)
  })

  test('declared with the same arguments it stays as it is, and nothing is written', async () => {
    const args = { 'x-cron': '0 3 * * *', 'x-payload': 'a', 'x-properties': { headers: { a: 1 } } }
    const world = await scheduled(args)
    const { lastRound } = world.broker.catalog
    declare(world, 'tick', args)
    declare(world, 'tick', { ...args, 'x-payload': Buffer.from('a') })
    declare(world, 'tick', { ...args, foreign: 1 })
    assert.equal(world.broker.catalog.lastRound, lastRound)
    assert.deepEqual(world.vhost.exchange('tick').arguments, args)
  })

  test('declared with others it has these, one way or the other', async () => {
    const args = { 'x-cron': '0 3 * * *', 'x-payload': 'a', 'x-properties': { headers: { a: 1 } } }
    const world = await scheduled(args)
    for (const [name, value] of Object.entries({
      'x-cron': '0 4 * * *',
      'x-payload': 'b',
      'x-properties': { headers: { a: 2 } },
      'x-timezone': 'Europe/Berlin',
      'x-missed': 'skip',
      'x-routing-key': 'k',
    })) {
      const other = { ...args, [name]: value }
      const exchange = world.vhost.exchange('tick')
      assert.equal(declare(world, 'tick', other), exchange)
      assert.deepEqual(exchange.arguments, other)
      await killed(world, 1)
      assert.deepEqual(world.vhost.exchange('tick').arguments, other)
      declare(world, 'tick', args)
      await killed(world, 1)
      assert.deepEqual(world.vhost.exchange('tick').arguments, args)
      assert.equal(world.vhost.exchange('tick').bindingCount, 1)
    }
  })

  test('a tick that is due and was not published is that of the definition that took over', async () => {
    const world = await World.open()
    declare(world, 'tick', { 'x-cron': '0 3 * * *', 'x-payload': 'old' })
    world.vhost.bind('tick', world.queue('jobs'), '', {})
    // The broker is down when it falls due, and it is defined anew before anything is published.
    world.engine.seal()
    await world.settle()
    await kill(world, DAY + 4 * HOUR)
    declare(world, 'tick', { 'x-cron': '0 3 * * *', 'x-payload': 'new' })
    await world.broker.restored()
    assert.deepEqual(
      (await got(world)).map(({ text, at }) => [text, at]),
      [['new', START + 3 * HOUR + DAY]],
    )
    declare(world, 'tick', { 'x-cron': '0 3,5 * * *', 'x-payload': 'newest' })
    await pass(world, HOUR)
    assert.deepEqual(
      (await got(world)).map(({ text, at }) => [text, at]),
      [['newest', START + 5 * HOUR + DAY]],
    )
  })

  test('keeps its plan when another one makes no sense', async () => {
    const world = await scheduled({ 'x-every': MINUTE, 'x-payload': 'a' })
    const exchange = world.vhost.exchange('tick')
    for (const changes of [{ 'x-cron': '* * * * *' }, { 'x-every': null }, { 'alternate-exchange': 'a' }]) {
      assert.throws(() => world.vhost.schedules.alter(exchange, changes), { code: 'precondition-failed' })
    }
    const properties = { headers: { ['k'.repeat(256)]: 1 } }
    assert.throws(() => world.vhost.schedules.alter(exchange, { 'x-properties': properties }))
    assert.deepEqual(exchange.arguments, { 'x-every': MINUTE, 'x-payload': 'a' })
    assert.throws(() => world.vhost.schedules.alter(world.vhost.exchange('amq.direct'), {}), /is no schedule/)
    await world.pass(MINUTE)
    assert.equal((await got(world)).length, 2)
  })

  test('finishes the tick that is under way before it takes another plan', async () => {
    const world = await scheduled({ 'x-every': MINUTE, 'x-payload': 'old' })
    const schedule = scheduleOf(world)
    await world.settle()
    await got(world)
    // Its tick is published, and not durable yet.
    world.clock.advance(MINUTE)
    schedule.runTurn()
    world.vhost.schedules.alter(world.vhost.exchange('tick'), { 'x-every': HOUR, 'x-payload': 'new' })
    await world.settle()
    assert.deepEqual(
      (await got(world)).map(({ text, at }) => [text, at]),
      [['old', START + MINUTE]],
    )
    assert.equal(schedule.nextAt, START + HOUR)
  })

  test('goes with its vhost', async () => {
    const world = await scheduled({ 'x-every': SECOND })
    world.broker.deleteVhost('/')
    await world.pass(2 * SECOND)
    assert.equal(world.engine.cursors.size, 0)
  })

  test('of an exchange that is not durable is gone with the broker', async () => {
    const world = await World.open()
    await world.broker.restored()
    declare(world, 'tick', { 'x-every': SECOND }, false)
    world.vhost.bind('tick', world.queue('jobs'), '', {})
    await world.pass(2 * SECOND)
    assert.equal((await got(world)).length, 3)
    await killed(world, 5 * SECOND)
    assert.equal(world.engine.cursors.size, 0)
    assert.deepEqual(await got(world), [])
  })

  suite('alarms, under which nobody publishes', () => {
    for (const [missed, expected] of [
      ['once', ['00:00:00', '00:00:04', '00:00:05', '00:00:06']],
      ['skip', ['00:00:00', '00:00:05', '00:00:06']],
    ] as const) {
      test(`with x-missed ${missed}`, async () => {
        const world = await scheduled({ 'x-every': SECOND, 'x-missed': missed })
        const { alarms } = world.broker
        alarms.change('disk', true)
        await world.pass(2 * SECOND, 100)
        alarms.change('memory', true)
        alarms.change('disk', false)
        await world.pass(2 * SECOND + 500, 100)
        assert.deepEqual(await times(world), ['2026-01-01T00:00:00'])
        alarms.change('memory', false)
        await world.settle()
        assert.equal(scheduleOf(world).missed, missed === 'once' ? 3 : 4)
        await world.pass(2 * SECOND, 100)
        assert.deepEqual(
          ['2026-01-01T00:00:00', ...(await times(world))],
          expected.map((time) => `2026-01-01T${time}`),
        )
      })
    }

    test('change nothing between two ticks', async () => {
      const world = await scheduled({ 'x-every': MINUTE })
      await world.pass(SECOND)
      world.broker.alarms.change('disk', true)
      await world.pass(SECOND)
      world.broker.alarms.change('disk', false)
      await world.pass(MINUTE, SECOND)
      assert.deepEqual(await times(world), ['2026-01-01T00:00:00', '2026-01-01T00:01:00'])
      assert.equal(scheduleOf(world).missed, 0)
    })
  })

  test('what it publishes is copied to the firehose', async () => {
    const world = await scheduled({ 'x-every': SECOND, 'x-payload': 'wake up', 'x-routing-key': 'k' })
    await got(world)
    const traces = world.queue('traces')
    world.vhost.bind('amq.rabbitmq.trace', traces, '#', {})
    world.vhost.setTracing(true)
    await world.pass(SECOND)
    const [trace, ...others] = await got(world, traces)
    assert.deepEqual(others, [])
    assert.equal(trace.text, 'wake up')
    const { exchange_name, routing_keys, connection, routed_queues, properties } = trace.properties.headers!
    assert.deepEqual([exchange_name, routing_keys, connection, routed_queues], ['tick', ['k'], 'schedule', ['jobs']])
    assert.equal((properties as Headers).message_id, `tick/${START + SECOND}`)
    assert.equal((await got(world)).length, 1)
  })

  test('an exchange of delayed messages that is bound delays them', async () => {
    const headers = { 'x-delay': 1500 }
    const world = await scheduled({ 'x-cron': '0 1 * * *', 'x-payload': 'a', 'x-properties': { headers } })
    const late = world.queue('late')
    const options = { durable: true, autoDelete: false, internal: false }
    world.vhost.declareExchange('later', 'x-delayed-message', { ...options, arguments: { 'x-delayed-type': 'fanout' } })
    world.vhost.bind('tick', world.vhost.exchange('later'), '', {})
    world.vhost.bind('later', late, '', {})
    await pass(world, HOUR)
    assert.equal((await got(world)).length, 1)
    assert.deepEqual(await got(world, late), [])
    await world.pass(1499)
    assert.deepEqual(await got(world, late), [])
    await world.pass(1)
    const [message, ...others] = await got(world, late)
    assert.deepEqual(others, [])
    assert.deepEqual([message.at, message.properties.headers!['x-delay']], [START + HOUR, -1500])
  })

  test('a topic that is bound has a record of each tick', async () => {
    const world = await World.open()
    await world.broker.restored()
    declare(world, 'tick', { 'x-every': SECOND, 'x-payload': 'x' })
    const stream = world.vhost.declareQueueOrStream(
      { name: 's', durable: true, autoDelete: false, exclusiveTo: null, arguments: { 'x-queue-type': 'stream' } },
      null,
    )
    world.vhost.bind('tick', stream, '', {})
    world.vhost.bind('tick', world.queue('jobs'), '', {})
    await world.pass(2 * SECOND)
    assert.equal((await got(world)).length, 3)
    assert.equal(world.vhost.streams.topics.get('s')!.partitions[0].log.endOffset, 3)
  })

  test('binary payloads are kept as base64', async () => {
    const world = await scheduled({ 'x-every': SECOND, 'x-payload': { type: 'x', value: Uint8Array.of(255, 0, 1) } })
    await killed(world, 0)
    const { arguments: args } = world.vhost.exchange('tick')
    assert.deepEqual({ ...args }, { 'x-every': SECOND, 'x-payload': '/wAB', 'x-payload-encoding': 'base64' })
    declare(world, 'tick', args)
    declare(world, 'tick', { 'x-every': SECOND, 'x-payload': Uint8Array.of(255, 0, 1) })
    assert.equal(world.vhost.exchange('tick').arguments, args)
    const other = declare(world, 'tick', { 'x-every': SECOND, 'x-payload': Uint8Array.of(255, 0, 2) })
    assert.equal(other.arguments['x-payload'], '/wAC')
  })

  suite('refuses', () => {
    const refused: [Headers, string][] = [
      [{}, "Missing argument, an exchange of type 'x-schedule' needs 'x-cron' or 'x-every'"],
      [{ 'x-cron': '* * * * *', 'x-every': 1000 }, "Invalid argument, 'x-cron' and 'x-every' exclude each other"],
      [{ 'x-cron': 5 }, "Invalid argument, 'x-cron' must be a text"],
      [{ 'x-cron': '* * *' }, "Invalid argument, 'x-cron' must have 5 fields, or 6 with seconds: '* * *'"],
      [{ 'x-cron': '60 * * * *' }, "Invalid argument, 'x-cron' has a bad minute: '60'"],
      [{ 'x-cron': '0 24 * * *' }, "Invalid argument, 'x-cron' has a bad hour: '24'"],
      [{ 'x-cron': '0 0 32 * *' }, "Invalid argument, 'x-cron' has a bad day of month: '32'"],
      [{ 'x-cron': '0 0 * 13 *' }, "Invalid argument, 'x-cron' has a bad month: '13'"],
      [{ 'x-cron': '0 0 * * FUN' }, "Invalid argument, 'x-cron' has a bad day of week: 'FUN'"],
      [{ 'x-cron': '*/0 * * * * *' }, "Invalid argument, 'x-cron' has a bad second: '*/0'"],
      [{ 'x-cron': '0 0 30 2 *' }, "Invalid argument, 'x-cron' never comes: '0 0 30 2 *'"],
      [{ 'x-every': 9 }, "Invalid argument, 'x-every' must be an integer from 10 to 315360000000: milliseconds"],
      [{ 'x-every': '1s' }, "Invalid argument, 'x-every' must be an integer from 10 to 315360000000: milliseconds"],
      [
        { 'x-cron': '* * * * *', 'x-timezone': 'Mars/Olympus' },
        "Invalid argument, 'x-timezone' is not known: 'Mars/Olympus'",
      ],
      [{ 'x-every': 1000, 'x-missed': 'all' }, "Invalid argument, 'x-missed' must be 'once' or 'skip'"],
      [{ 'x-every': 1000, 'x-payload': 5 }, "Invalid argument, 'x-payload' must be a text or octets"],
      [
        { 'x-every': 1000, 'x-payload': '.'.repeat(65_537) },
        "Invalid argument, 'x-payload' has 65537 octets, more than 65536",
      ],
      [
        { 'x-every': 1000, 'x-payload': '?', 'x-payload-encoding': 'base64' },
        "Invalid argument, 'x-payload' is no base64",
      ],
      [
        { 'x-every': 1000, 'x-payload-encoding': 'hex' },
        "Invalid argument, 'x-payload-encoding' must be 'string' or 'base64'",
      ],
      [
        { 'x-every': 1000, 'x-routing-key': 'k'.repeat(256) },
        "Invalid argument, 'x-routing-key' has more than 255 octets",
      ],
      [{ 'x-every': 1000, 'x-properties': 'x' }, "Invalid argument, 'x-properties' must be a table"],
      [
        { 'x-every': 1000, 'x-properties': { message_id: 'a' } },
        "Invalid argument, 'x-properties' may not have 'message_id'",
      ],
      [{ 'x-every': 1000, 'x-properties': { type: 5 } }, "Invalid argument, 'type' in 'x-properties' must be a text"],
      [{ 'x-every': 1000, 'x-properties': { headers: [] } }, "Invalid argument, 'headers' must be a table"],
      [
        { 'x-every': 1000, 'x-properties': { headers: { ['k'.repeat(256)]: 1 } } },
        'invalid properties: a short string holds 255 octets, not 256',
      ],
      [{ 'x-every': 1000, 'x-properties': { expiration: 'soon' } }, "invalid expiration 'soon': no_integer"],
    ]
    for (const [args, message] of refused) {
      test(JSON.stringify(args).slice(0, 80), async () => {
        const world = await World.open()
        assert.throws(() => declare(world, 'tick', args), { code: 'precondition-failed', message })
        assert.equal(world.vhost.exchanges.has('tick'), false)
        assert.equal(world.engine.cursors.size, 0)
      })
    }

    test('other attributes under the same name, whatever the schedule', async () => {
      const world = await scheduled({ 'x-every': 1000, 'alternate-exchange': 'a' })
      const options = { durable: true, autoDelete: false, internal: false }
      const other = { 'x-every': 2000, 'alternate-exchange': 'a' }
      for (const [type, changed, text] of [
        ['x-schedule', { ...options, durable: false, arguments: other }, "inequivalent arg 'durable'"],
        ['x-schedule', { ...options, autoDelete: true, arguments: other }, "inequivalent arg 'auto_delete'"],
        ['x-schedule', { ...options, internal: true, arguments: other }, "inequivalent arg 'internal'"],
        ['x-schedule', { ...options, arguments: { 'x-every': 2000 } }, "inequivalent arg 'alternate-exchange'"],
        ['fanout', { ...options, arguments: other }, "inequivalent arg 'type'"],
      ] as const) {
        assert.throws(() => world.vhost.declareExchange('tick', type, changed), {
          code: 'precondition-failed',
          message: new RegExp(`^${text} for exchange 'tick' in vhost '/': received `),
        })
      }
      assert.deepEqual(world.vhost.exchange('tick').arguments, { 'x-every': 1000, 'alternate-exchange': 'a' })
    })

    test('a name that leaves no room for the id of a message', async () => {
      const world = await World.open()
      assert.throws(() => declare(world, 'n'.repeat(250), { 'x-every': 1000 }), { code: 'precondition-failed' })
    })
  })
})
