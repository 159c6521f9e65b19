/** Messages over HTTP: got, looked at, searched for, moved and redriven; who may. */
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { ConfirmChannel, Options } from 'amqplib'
import { exactNumber } from '../../src/http/management/message-query.ts'
import { BothWorlds, type Json, until } from './both-worlds.ts'

const Q = '/queues/%2F'

interface Scene {
  readonly world: BothWorlds
  readonly channel: ConfirmChannel
  send(queue: string, body: string | Buffer, options?: Options.Publish): Promise<void>
}

async function scene(t: TestContext, ...queues: readonly string[]): Promise<Scene> {
  const world = await BothWorlds.open(t)
  for (const queue of queues) await world.done('PUT', `${Q}/${queue}`, { durable: true })
  const channel = await (await world.amqp(t)).createConfirmChannel()
  return {
    world,
    channel,
    async send(queue, body, options = {}) {
      channel.sendToQueue(queue, Buffer.from(body as string), { persistent: true, ...options })
      await channel.waitForConfirms()
    },
  }
}

const payloads = (answer: Json): string[] =>
  (answer.messages ?? answer).map(({ payload }: { payload: string }) => payload)

describe('get', () => {
  test('gives messages back, or not, as it is asked to', async (t) => {
    const { world, send } = await scene(t, 'q', 'dead')
    await world.done('PATCH', `${Q}/q`, {
      arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' },
    })
    for (const body of ['one', 'two', 'three']) await send('q', body, { headers: { a: 1 }, messageId: body })
    const get = (ackmode: string, count: number | string = 2, more: object = {}): Promise<Json> =>
      world.done('POST', `${Q}/q/get`, { count, ackmode, encoding: 'auto', ...more })
    assert.deepEqual(await get('ack_requeue_true', 1), [
      {
        payload_bytes: 3,
        redelivered: false,
        exchange: '',
        routing_key: 'q',
        message_count: 2,
        properties: { delivery_mode: 2, headers: { a: 1 }, message_id: 'one' },
        payload: 'one',
        payload_encoding: 'string',
      },
    ])
    const again = await get('reject_requeue_true', '2')
    assert.deepEqual(payloads(again), ['one', 'two'])
    assert.deepEqual([again[0].redelivered, again[1].redelivered], [true, false])
    assert.deepEqual(payloads(await get('reject_requeue_false', 1)), ['one'])
    assert.deepEqual(payloads(await get('ack_requeue_false', 1)), ['two'])
    assert.deepEqual(payloads(await get('ack_requeue_true', 5, { truncate: 2 })), ['th'])
    const [{ payload, payload_encoding }] = await get('ack_requeue_true', 5, { encoding: 'base64' })
    assert.deepEqual([payload, payload_encoding], [Buffer.from('three').toString('base64'), 'base64'])
    assert.equal((await world.get(`${Q}/q`)).messages, 1)
    const [dead] = await world.done('POST', `${Q}/dead/get`, {
      count: 9,
      ackmode: 'ack_requeue_false',
      encoding: 'auto',
    })
    assert.equal(dead.payload, 'one')
    assert.equal(dead.properties.headers['x-death'][0].reason, 'rejected')
  })

  test('gives bytes that are no text in base64, and refuses what makes no sense', async (t) => {
    const { world, send } = await scene(t, 'q')
    await send('q', Buffer.from([0xff, 0]))
    const asked = { count: 1, ackmode: 'ack_requeue_true', encoding: 'auto' }
    const [message] = await world.done('POST', `${Q}/q/get`, asked)
    assert.deepEqual([message.payload, message.payload_encoding], ['/wA=', 'base64'])
    for (const [wrong, status] of [
      [{ count: 1 }, 400],
      [{ ...asked, ackmode: 'foo' }, 400],
      [{ ...asked, count: 'x' }, 400],
      [{ ...asked, encoding: 'foo' }, 400],
    ] as const) {
      assert.equal((await world.ask('POST', `${Q}/q/get`, wrong)).status, status, JSON.stringify(wrong))
    }
    assert.equal((await world.ask('POST', `${Q}/none/get`, asked)).status, 404)
    await world.done('PUT', `${Q}/s`, { durable: true, arguments: { 'x-queue-type': 'stream' } })
    const ofStream = await world.ask('POST', `${Q}/s/get`, asked)
    assert.deepEqual([ofStream.status, ofStream.body.error], [400, 'bad_request'])
  })
})

describe('browsing', () => {
  test('shows messages, where each stands, and takes none', async (t) => {
    const { world, channel, send } = await scene(t, 'q')
    for (const body of ['one', 'two', 'three']) await send('q', body, { headers: { n: body }, expiration: '60000' })
    await channel.get('q')
    const page = await world.get(`${Q}/q/messages?limit=2&body_bytes=2`)
    assert.deepEqual(payloads(page), ['on', 'tw'])
    const [first, second] = page.messages
    assert.deepEqual([first.state, second.state], ['unacknowledged', 'ready'])
    assert.deepEqual([first.truncated, first.payload_bytes, first.payload_encoding], [true, 3, 'string'])
    assert.deepEqual(first.properties, { delivery_mode: 2, expiration: '60000', headers: { n: 'one' } })
    assert.equal(first.expires, first.arrival + 60000)
    assert.equal(page.done, false)
    const rest = await world.get(`${Q}/q/messages?place=${page.next}`)
    assert.deepEqual([payloads(rest), rest.next, rest.done], [['three'], null, true])
    assert.deepEqual(payloads(await world.get(`${Q}/q/messages?since=${first.arrival + 3_600_000}`)), [])
    const held = await world.get(`${Q}/q/unacked`)
    assert.equal(held.total_count, 1)
    assert.deepEqual(Object.keys(held.items[0]).sort(), [
      'channel',
      'connection',
      'consumer_tag',
      'delivery_tag',
      'place',
      'since',
      'user',
    ])
    assert.deepEqual([held.items[0].place, held.items[0].user], [first.place, 'guest'])
    assert.equal((await world.get(`${Q}/q`)).messages, 3)
    assert.equal((await world.ask('GET', `${Q}/q/messages?limit=0`)).status, 400)
    assert.equal((await world.ask('GET', `${Q}/q/messages?place=x`)).status, 400)
  })

  test('finds messages by key, header and text', async (t) => {
    const { world, send } = await scene(t, 'q')
    await world.done('POST', '/bindings/%2F/e/amq.topic/q/q', { routing_key: '#' })
    await send('q', 'an apple', { headers: { kind: 'fruit', weight: 5, tags: ['red', 'round'] } })
    await send('q', 'a carrot', { headers: { kind: 'root' }, correlationId: 'apple-4' })
    await send('q', 'Apfel — äußerst', { type: 'fruit' })
    const find = async (query: string): Promise<string[]> => payloads(await world.get(`${Q}/q/messages?${query}`))
    assert.deepEqual(await find('text=apple'), ['an apple', 'a carrot'])
    assert.deepEqual(await find(`text=${encodeURIComponent('— äu')}`), ['Apfel — äußerst'])
    assert.deepEqual(await find('header=kind'), ['an apple', 'a carrot'])
    assert.deepEqual(await find('header=kind%3Dfruit'), ['an apple'])
    assert.deepEqual(await find('header=weight%3D5'), ['an apple'])
    assert.deepEqual(await find('header=tags%3Dround'), ['an apple'])
    assert.deepEqual(await find('header=weight%3D6'), [])
    assert.deepEqual(await find('key=q&text=carrot'), ['a carrot'])
    assert.deepEqual(await find('key=other'), [])
  })

  test('searches so far and no further, tells how far it came, and goes on from there', async (t) => {
    const { world, send } = await scene(t, 'q')
    const filler = 'x'.repeat(10_000)
    for (let n = 0; n < 20; n++) await send('q', `${filler}${n === 19 ? 'needle' : ''}`)
    let place = ''
    let pages = 0
    for (;;) {
      const page = await world.get(`${Q}/q/messages?text=needle&scan_bytes=50000${place}`)
      pages++
      assert.ok(page.scanned.bytes < 50_000 + 10_100, `${page.scanned.bytes}`)
      if (page.done) {
        assert.deepEqual([page.messages.length, page.next], [1, null])
        break
      }
      assert.deepEqual([page.messages, page.scanned.messages], [[], 5])
      place = `&place=${page.next}`
    }
    assert.equal(pages, 4)
    assert.equal((await world.ask('GET', `${Q}/q/messages?text=x&scan_bytes=100000000`)).status, 400)
  })

  test('a place is whatever whole number can be held exactly', () => {
    assert.equal(exactNumber('9007199254740991'), Number.MAX_SAFE_INTEGER)
    for (const text of ['9007199254740992', '1e3', '', '-1', '1.0', ' 1']) assert.equal(exactNumber(text), null, text)
  })

  test('what an exchange keeps until its time', async (t) => {
    const { world, channel } = await scene(t, 'q')
    const args = { 'x-delayed-type': 'direct' }
    await world.done('PUT', '/exchanges/%2F/later', { type: 'x-delayed-message', durable: true, arguments: args })
    channel.publish('later', 'q', Buffer.from('soon'), { headers: { 'x-delay': 60_000 }, persistent: true })
    await channel.waitForConfirms()
    const { messages } = await world.get('/exchanges/%2F/later/delayed')
    assert.deepEqual([messages.length, messages[0].payload, messages[0].state], [1, 'soon', 'delayed'])
    assert.ok(messages[0].due > Date.now())
    assert.equal((await world.get('/exchanges/%2F/later')).delayed, 1)
  })

  test('what an exchange keeps is delivered before its time, or taken away, by those who may', async (t) => {
    const { world, channel } = await scene(t, 'q')
    const X = '/exchanges/%2F/later'
    await world.done('PUT', X, { type: 'x-delayed-message', durable: true, arguments: { 'x-delayed-type': 'direct' } })
    await channel.bindQueue('q', 'later', 'q')
    for (const text of ['first', 'second', 'third']) {
      channel.publish('later', 'q', Buffer.from(text), { headers: { 'x-delay': 3_600_000 }, persistent: true })
    }
    await channel.waitForConfirms()
    const kept = async (): Promise<Json[]> => (await world.get(`${X}/delayed`)).messages
    const [first, second] = await kept()
    await world.done('PUT', '/users/clerk', { password: 'clerk', tags: 'management' })
    for (const [configure, write, deliver, cancel] of [
      ['later', 'other', 401, 204],
      ['other', 'later', 204, 401],
    ] as const) {
      await world.done('PUT', '/permissions/%2F/clerk', { configure, write, read: '' })
      const as = 'clerk:clerk'
      assert.equal((await world.ask('POST', `${X}/delayed/${first.place}/deliver`, {}, as)).status, deliver)
      assert.equal((await world.ask('DELETE', `${X}/delayed/${second.place}`, undefined, as)).status, cancel)
    }
    await until(async () => (await kept()).length === 1)
    assert.equal((await kept())[0].payload, 'third')
    const got = await channel.get('q', { noAck: true })
    assert.equal(got ? got.content.toString() : null, 'first')
    assert.equal(await channel.get('q', { noAck: true }), false)
    for (const place of [first.place, second.place, 'none', 1]) {
      assert.equal((await world.ask('DELETE', `${X}/delayed/${place}`)).status, 404)
      assert.equal((await world.ask('POST', `${X}/delayed/${place}/deliver`, {})).status, 404)
    }
  })
})

describe('moving', () => {
  test('to a queue, by place, by filter, and to an exchange', async (t) => {
    const { world, send } = await scene(t, 'from', 'to')
    for (let n = 0; n < 6; n++) await send('from', `m${n}`, { headers: { odd: n % 2 === 1 } })
    const { messages } = await world.get(`${Q}/from/messages`)
    const move = (body: object): Promise<Json> => world.done('POST', `${Q}/from/move`, body)
    assert.deepEqual(await move({ to: { queue: 'to' }, places: [messages[2].place] }), { moved: 1, stayed: 0 })
    assert.deepEqual(await move({ to: { queue: 'to' }, filter: { header: 'odd=true' }, limit: 2 }), {
      moved: 2,
      stayed: 0,
    })
    assert.deepEqual(payloads(await world.get(`${Q}/to/messages`)), ['m2', 'm1', 'm3'])
    await world.done('POST', '/bindings/%2F/e/amq.direct/q/to', { routing_key: 'k' })
    assert.deepEqual(await move({ to: { exchange: 'amq.direct', routing_key: 'k' } }), { moved: 3, stayed: 0 })
    assert.equal((await world.get(`${Q}/from`)).messages, 0)
    for (let n = 6; n < 10; n++) await send('from', `m${n}`)
    const { place } = (await world.get(`${Q}/from/messages`)).messages[2]
    assert.deepEqual(await move({ to: { queue: 'to' }, place }), { moved: 2, stayed: 0 })
    assert.deepEqual(payloads(await world.get(`${Q}/from/messages`)), ['m6', 'm7'])
    assert.equal((await world.ask('POST', `${Q}/from/move`, { to: { queue: 'none' } })).status, 404)
    assert.equal((await world.ask('POST', `${Q}/from/move`, { to: {} })).status, 400)
  })

  test('stops when nobody waits for it any more', async (t) => {
    const { world, channel } = await scene(t, 'from', 'to')
    const count = 30_000
    for (let n = 0; n < count; n++) channel.sendToQueue('from', Buffer.from('m'), { persistent: true })
    await channel.waitForConfirms()
    const gone = new AbortController()
    const moving = fetch(`http://${world.http}/api${Q}/from/move`, {
      method: 'POST',
      signal: gone.signal,
      headers: { authorization: `Basic ${btoa('guest:guest')}` },
      body: JSON.stringify({ to: { queue: 'to' } }),
    })
    while ((await world.get(`${Q}/to`)).messages === 0);
    gone.abort()
    await assert.rejects(moving, { name: 'AbortError' })
    const moved = async (): Promise<number> => (await world.get(`${Q}/to`)).messages
    let before = -1
    for (let now = await moved(); now !== before; now = await moved()) {
      before = now
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    assert.ok(before < count, `${before} moved`)
    assert.equal((await world.get(`${Q}/from`)).messages, count - before)
  })

  test('needs the right to read here and to write there', async (t) => {
    const { world, send } = await scene(t, 'from', 'to')
    await send('from', 'm')
    await world.done('PUT', '/users/ann', { password: 'a', tags: 'management' })
    const may = (write: string, read: string): Promise<Json> =>
      world.done('PUT', '/permissions/%2F/ann', { configure: '', write, read })
    const move = async (to: object): Promise<number> =>
      (await world.ask('POST', `${Q}/from/move`, { to }, 'ann:a')).status
    await may('.*', '')
    assert.equal(await move({ queue: 'to' }), 401)
    assert.equal((await world.ask('GET', `${Q}/from/messages`, undefined, 'ann:a')).status, 401)
    assert.equal((await world.ask('GET', `${Q}/from/unacked`, undefined, 'ann:a')).status, 401)
    await may('^amq.direct$', '.*')
    assert.equal(await move({ queue: 'to' }), 401)
    assert.equal(await move({ exchange: 'amq.fanout' }), 401)
    assert.equal(await move({ exchange: 'amq.direct' }), 200)
    assert.equal((await world.get(`${Q}/from`)).messages, 1)
    await may('^amq.default$', '.*')
    assert.equal(await move({ queue: 'to' }), 200)
    assert.equal((await world.get(`${Q}/to`)).messages, 1)
  })

  test('to a topic exchange takes only messages whose keys its user may write', async (t) => {
    const { world, channel } = await scene(t, 'from', 'to')
    await world.done('POST', '/bindings/%2F/e/amq.fanout/q/from', {})
    for (const key of ['a.1', 'b.1', 'a.2']) channel.publish('amq.fanout', key, Buffer.from(key))
    await channel.waitForConfirms()
    await world.done('POST', '/bindings/%2F/e/amq.topic/q/to', { routing_key: '#' })
    await world.done('PUT', '/users/ann', { password: 'a', tags: 'management' })
    await world.done('PUT', '/permissions/%2F/ann', { configure: '', write: '.*', read: '.*' })
    await world.done('PUT', '/topic-permissions/%2F/ann', { exchange: 'amq.topic', write: '^a', read: '' })
    const result = await world.done('POST', `${Q}/from/move`, { to: { exchange: 'amq.topic' } }, 'ann:a')
    assert.deepEqual(result, { moved: 2, stayed: 1 })
    assert.deepEqual(payloads(await world.get(`${Q}/from/messages`)), ['b.1'])
  })
})

describe('redriving', () => {
  async function died(t: TestContext): Promise<Scene> {
    const one = await scene(t, 'dead')
    const args = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' }
    await one.world.done('PUT', `${Q}/work`, { durable: true, arguments: args })
    for (const body of ['one', 'two']) {
      await one.send('work', body, { headers: { try: 1, secret: 'x' } })
      const got = await one.channel.get('work')
      assert.ok(got !== false)
      one.channel.reject(got, false)
    }
    while ((await one.world.get(`${Q}/dead`)).messages < 2) await new Promise((resolve) => setTimeout(resolve, 20))
    return one
  }

  test('sends messages back where they died, edited if need be', async (t) => {
    const { world, channel } = await died(t)
    const edit = { set_headers: { try: 2 }, remove_headers: ['secret'], payload: 'mended' }
    assert.deepEqual(await world.done('POST', `${Q}/dead/redrive`, { limit: 1, history: 'cleared', edit }), {
      moved: 1,
      stayed: 0,
    })
    const mended = await channel.get('work')
    assert.ok(mended !== false)
    assert.equal(mended.content.toString(), 'mended')
    assert.deepEqual(mended.properties.headers, { try: 2 })
    assert.deepEqual(await world.done('POST', `${Q}/dead/redrive`, { to: 'exchange' }), { moved: 1, stayed: 0 })
    const asItWas = await channel.get('work')
    assert.ok(asItWas !== false && Array.isArray(asItWas.properties.headers?.['x-death']))
    assert.equal((await world.ask('POST', `${Q}/dead/redrive`, { edit: { foo: 1 } })).status, 400)
    assert.equal((await world.ask('POST', `${Q}/dead/redrive`, { to: 'elsewhere' })).status, 400)
  })

  test('leads nowhere that its user may not write, whatever a message says of its past', async (t) => {
    const { world, send } = await scene(t, 'dead', 'secret', 'open')
    const past = (queue: string, exchange: string): Options.Publish => ({
      headers: { 'x-death': [{ queue, exchange, 'routing-keys': [queue], reason: 'rejected', count: 1 }] },
    })
    await world.done('PUT', '/users/ann', { password: 'a', tags: 'management' })
    const redrive = async (write: string, body: object = {}): Promise<Json> => {
      await world.done('PUT', '/permissions/%2F/ann', { configure: '', write, read: '^dead$' })
      return world.done('POST', `${Q}/dead/redrive`, body, 'ann:a')
    }
    await send('dead', 'forged', past('secret', 'amq.direct'))
    assert.deepEqual(await redrive('^amq.direct$'), { moved: 0, stayed: 1 })
    assert.deepEqual(await redrive('^secret$', { to: 'exchange' }), { moved: 0, stayed: 1 })
    assert.equal((await world.get(`${Q}/secret`)).messages, 0)
    assert.equal((await world.get(`${Q}/dead`)).messages, 1)
    assert.deepEqual(await redrive('^amq.default$'), { moved: 1, stayed: 0 })
    assert.equal((await world.get(`${Q}/secret`)).messages, 1)
  })
})
