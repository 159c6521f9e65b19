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
