/** Schedules over HTTP: shown, exported and taken back. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BothWorlds, until } from './both-worlds.ts'

const X = '/exchanges/%2F'

describe('schedules', () => {
  test('tell their next tick, their last one, and how many there were', async (t) => {
    const world = await BothWorlds.open(t)
    const daily = { 'x-cron': '30 3 * * *', 'x-payload': 'wake up' }
    await world.done('PUT', `${X}/daily`, { type: 'x-schedule', durable: true, arguments: daily })
    const { schedule, arguments: args, type } = await world.get(`${X}/daily`)
    assert.deepEqual([type, args], ['x-schedule', daily])
    assert.equal(new Date(schedule.next_at).toISOString().slice(11), '03:30:00.000Z')
    assert.deepEqual({ ...schedule, next_at: 0 }, { next_at: 0, last_at: null, fired: 0, missed: 0 })
    await world.done('PUT', `${X}/often`, { type: 'x-schedule', durable: true, arguments: { 'x-every': 100 } })
    await until(async () => (await world.get(`${X}/often`)).schedule.fired > 1)
    const often = (await world.get(`${X}/often`)).schedule
    assert.equal(often.next_at % 100, 0)
    assert.equal(often.last_at + 100, often.next_at)
    assert.equal('schedule' in (await world.get(`${X}/amq.direct`)), false)
    const { exchange_types: types } = await world.get('/overview')
    assert.ok(types.some(({ name }: { name: string }) => name === 'x-schedule'))
  })

  test('are refused in words', async (t) => {
    const world = await BothWorlds.open(t)
    const bad = { type: 'x-schedule', arguments: { 'x-cron': '0 0 * * MOONDAY' } }
    assert.deepEqual(await world.ask('PUT', `${X}/bad`, bad), {
      status: 400,
      body: { error: 'bad_request', reason: "Invalid argument, 'x-cron' has a bad day of week: 'MOONDAY'" },
    })
  })

  test('are for those who may publish', async (t) => {
    const world = await BothWorlds.open(t)
    await world.done('PUT', '/users/clerk', { password: 'clerk', tags: 'management' })
    const schedule = { type: 'x-schedule', arguments: { 'x-every': 1000 } }
    for (const [write, status] of [
      ['other', 401],
      ['mine', 201],
    ] as const) {
      await world.done('PUT', '/permissions/%2F/clerk', { configure: 'mine', write, read: '' })
      assert.equal((await world.ask('PUT', `${X}/mine`, schedule, 'clerk:clerk')).status, status)
    }
  })

  test('are changed in place by those who may declare and publish', async (t) => {
    const world = await BothWorlds.open(t)
    await world.done('PUT', `${X}/mine`, { type: 'x-schedule', arguments: { 'x-cron': '0 3 * * *', 'x-payload': 'a' } })
    await world.done('POST', '/bindings/%2F/e/mine/e/amq.fanout', {})
    await world.done('PUT', '/users/clerk', { password: 'clerk', tags: 'management' })
    const changes = { arguments: { 'x-cron': '0 4 * * *', 'x-payload': null, 'x-missed': 'skip' } }
    for (const [configure, write, status] of [
      ['other', 'mine', 401],
      ['mine', 'other', 401],
      ['mine', 'mine', 204],
    ] as const) {
      await world.done('PUT', '/permissions/%2F/clerk', { configure, write, read: '' })
      assert.equal((await world.ask('PATCH', `${X}/mine`, changes, 'clerk:clerk')).status, status)
    }
    const { schedule, arguments: args } = await world.get(`${X}/mine`)
    assert.deepEqual(args, { 'x-cron': '0 4 * * *', 'x-missed': 'skip' })
    assert.equal(new Date(schedule.next_at).toISOString().slice(11), '04:00:00.000Z')
    assert.equal((await world.get(`${X}/mine/bindings/source`)).length, 1)
    const bad = await world.ask('PATCH', `${X}/mine`, { arguments: { 'x-cron': 'now' } })
    assert.deepEqual([bad.status, bad.body.reason.slice(0, 23)], [400, "Invalid argument, 'x-cr"])
    const none = await world.ask('PATCH', `${X}/amq.direct`, { arguments: {} })
    assert.deepEqual(
      [none.status, none.body.reason],
      [400, "exchange 'amq.direct' is no schedule: its arguments stay as they are"],
    )
  })

  test('are changed by declaring them again and by definitions, by those who may make them', async (t) => {
    const world = await BothWorlds.open(t)
    const schedule = (cron: string) => ({ type: 'x-schedule', durable: true, arguments: { 'x-cron': cron } })
    await world.done('PUT', `${X}/mine`, schedule('0 3 * * *'))
    await world.done('POST', '/bindings/%2F/e/mine/e/amq.fanout', {})
    await world.done('PUT', '/users/clerk', { password: 'clerk', tags: 'management' })
    for (const [configure, write, cron, status] of [
      ['other', 'mine', '0 4 * * *', 401],
      ['mine', 'other', '0 4 * * *', 401],
      ['mine', 'other', '0 3 * * *', 204],
      ['mine', 'mine', '0 4 * * *', 204],
    ] as const) {
      await world.done('PUT', '/permissions/%2F/clerk', { configure, write, read: '' })
      assert.equal((await world.ask('PUT', `${X}/mine`, schedule(cron), 'clerk:clerk')).status, status)
    }
    const nextTime = async (): Promise<string> =>
      new Date((await world.get(`${X}/mine`)).schedule.next_at).toISOString().slice(11, 16)
    assert.equal(await nextTime(), '04:00')
    assert.equal((await world.ask('PUT', `${X}/mine`, { ...schedule('0 5 * * *'), durable: false })).status, 400)
    const definitions = await world.get('/definitions')
    const mine = definitions.exchanges.find(({ name }: { name: string }) => name === 'mine')
    assert.deepEqual(Object.keys(mine).sort(), [
      ...['arguments', 'auto_delete', 'durable', 'internal', 'name', 'type', 'vhost'],
    ])
    mine.arguments['x-cron'] = '0 6 * * *'
    await world.done('POST', '/definitions', definitions)
    assert.equal(await nextTime(), '06:00')
    assert.equal((await world.get(`${X}/mine/bindings/source`)).length, 1)
  })

  test('are exported and taken back, binary payloads too', async (t) => {
    const world = await BothWorlds.open(t)
    const channel = await (await world.amqp(t)).createChannel()
    const octets = Buffer.from([0, 255, 1])
    const declared = { 'x-cron': '0 3 * * *', 'x-payload': octets, 'x-properties': { headers: { a: 1 } } }
    await channel.assertExchange('octets', 'x-schedule', { arguments: declared })
    const definitions = await world.get('/definitions')
    const { arguments: args } = definitions.exchanges.find(({ name }: { name: string }) => name === 'octets')
    assert.deepEqual(args, {
      'x-cron': '0 3 * * *',
      'x-payload': octets.toString('base64'),
      'x-payload-encoding': 'base64',
      'x-properties': { headers: { a: 1 } },
    })
    await channel.deleteExchange('octets')
    await world.done('POST', '/definitions', definitions)
    // Whoever declared it before finds the same.
    await channel.assertExchange('octets', 'x-schedule', { arguments: declared })
  })
})
