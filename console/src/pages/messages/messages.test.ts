import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { bodyOf, bytesOf, decompressed, hexRows, preview } from './body.ts'
import { deathsOf } from './deaths.ts'
import { editOf, headersOf, propertiesOf, rowsOf } from './headers-form.ts'
import { ofQueue, ofTopic, pageOf, pageUrl } from './message.ts'
import { Reading } from './reading.ts'
import { addressOf, type Kept, readView, type View } from './view.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const queue = (search = '', named: Partial<Kept> = {}): View =>
  readView({ vhost: '/', kind: 'queue', name: 'q', ...named }, new URLSearchParams(search))

test('an address carries the whole view, there and back', () => {
  const view: View = {
    vhost: 'a/b',
    kind: 'topic',
    name: 'clicks & co',
    tab: 'browse',
    partition: 2,
    start: { kind: 'time', time: Date.UTC(2026, 10, 23, 2, 30) },
    key: 'k=1',
    header: 'tenant=acme',
    text: 'ä&b',
    at: '2:133',
  }
  const { pathname, searchParams } = new URL(addressOf(view), 'http://x')
  assert.equal(pathname, '/topics/a%2Fb/clicks%20%26%20co/messages')
  assert.deepEqual(readView({ vhost: 'a/b', kind: 'topic', name: 'clicks & co' }, searchParams), view)
  assert.equal(addressOf(queue()), '/queues/%2F/q/messages')
})

test('what an address says wrong is as if it were not there', () => {
  const view = queue('tab=unacked&partition=x&from=time:never', { kind: 'topic' })
  assert.equal(view.tab, 'browse')
  assert.equal(view.partition, null)
  assert.deepEqual(view.start, { kind: 'first' })
})

test('bodies: JSON, text, octets, and a character cut in two', () => {
  assert.deepEqual(bodyOf(bytes('{"a":[1]}')).json, { a: [1] })
  assert.equal(bodyOf(bytes('12')).kind, 'text')
  assert.equal(bodyOf(bytes('12'), 'application/json').json, 12)
  assert.equal(bodyOf(bytes('{"cut":')).kind, 'text')
  assert.equal(bodyOf(new Uint8Array([0, 1, 2])).kind, 'binary')
  assert.equal(bodyOf(new Uint8Array([255, 254, 65, 66])).kind, 'binary')
  assert.equal(bodyOf(bytes('aé').subarray(0, 2)).text, 'a')
  assert.equal(bodyOf(new Uint8Array()).kind, 'empty')
  assert.deepEqual(bytesOf('/wA=', 'base64'), new Uint8Array([255, 0]))
  assert.equal(preview(bodyOf(bytes('a\n  b'))), 'a b')
})

test('a hex row shows sixteen octets and their characters', () => {
  const [first, second] = hexRows(bytes('0123456789abcdef\n!'), 16, 10)
  assert.equal(first.hex, '30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66')
  assert.equal(second.position, '000010')
  assert.equal(second.text, '·!')
  assert.equal(second.hex.length, first.hex.length)
})

test('gzip is decompressed, and what only says so is not', async () => {
  assert.deepEqual(await decompressed(gzipSync('hello'), 'gzip'), bytes('hello'))
  assert.equal(await decompressed(bytes('hello'), 'gzip'), null)
  assert.equal(await decompressed(bytes('hello'), ''), null)
})

test('deaths are read from the header as RabbitMQ writes it', () => {
  const [death] = deathsOf({
    'x-death': [
      { queue: 'work', reason: 'rejected', count: 3, exchange: '', 'routing-keys': ['work'], time: 1_700_000_000 },
    ],
  })
  assert.deepEqual(
    [death.queue, death.reason, death.count, death.at, death.routingKeys],
    ['work', 'rejected', 3, 1_700_000_000_000, ['work']],
  )
  assert.deepEqual(deathsOf({ 'x-death': 'no list' }), [])
})

test('headers keep their types through the form; an edit says only what changed', () => {
  const before = { s: 'x', n: 1, b: true, t: { deep: [1] }, gone: 'y' }
  assert.deepEqual(headersOf(rowsOf(before)), before)
  assert.deepEqual(editOf(before, rowsOf(before)), {})
  const rows = rowsOf(before)
    .filter(({ name }) => name !== 'gone')
    .map((row) => (row.name === 'n' ? { ...row, value: '2' } : row))
  assert.deepEqual(editOf(before, rows), { set_headers: { n: 2 }, remove_headers: ['gone'] })
  assert.throws(() => headersOf([{ name: 'n', value: 'x', type: 'number' }]), /n must be a number/)
  assert.throws(() => headersOf([{ name: '', value: 'x', type: 'string' }]), /no name/)
  assert.deepEqual(propertiesOf({ priority: '5', content_type: 'a/b', reply_to: '' }), {
    priority: 5,
    content_type: 'a/b',
  })
})

test('the next page of a queue begins at its place, of a topic at the offset of each partition', () => {
  const searched = queue('text=err', { name: 'a/b' })
  assert.match(
    pageUrl(searched, { place: '17' }),
    /^\/queues\/%2F\/a%2Fb\/messages\?.*scan_bytes=\d+&text=err.*&place=17$/,
  )
  const topic = queue('partition=1&from=offset:5', { kind: 'topic' })
  assert.match(pageUrl(topic, null), /partition=1&offset=5$/)
  assert.match(
    pageUrl(topic, { offsets: { 0: 4, 2: 9 } }),
    /partition=1&offset=5&next=%7B%220%22%3A4%2C%222%22%3A9%7D$/,
  )
})

test('a message of a queue and a record of a topic are shown alike', () => {
  const message = ofQueue({
    place: 3,
    exchange: 'x',
    routing_key: 'k',
    properties: { content_type: 'text/plain', headers: { a: 1 } },
    payload: 'hi',
    payload_encoding: 'string',
    payload_bytes: 2,
    truncated: false,
    state: 'held',
  })
  assert.deepEqual([message.id, message.headers, message.properties], ['3', { a: 1 }, { content_type: 'text/plain' }])
  const record = ofTopic({
    partition: 1,
    offset: 9,
    timestamp: 5,
    key: 'AA==',
    key_encoding: 'base64',
    value: null,
    value_bytes: null,
    truncated: false,
    headers: [
      { key: 'a', value: '1' },
      { key: 'a', value: '2' },
    ],
  })
  assert.deepEqual(
    [record.id, record.key, record.headers, record.isTombstone],
    ['1:9', 'base64:AA==', { a: ['1', '2'] }, true],
  )
  const view = queue('', { kind: 'topic' })
  assert.equal(pageOf(view, { messages: [], next: {}, scanned: { records: 1, bytes: 2 } }).next, null)
})

test('a search goes on until a page is full or all was looked at, counts what it looked at, and stops when told', async () => {
  const view = queue('text=x')
  const answer = (found: number, next: number | null) => ({
    messages: Array.from({ length: found }, (_, i) => ({
      place: i,
      exchange: '',
      routing_key: 'q',
      properties: {},
      payload: 'x',
      payload_encoding: 'string',
      payload_bytes: 1,
      truncated: false,
    })),
    next,
    scanned: { messages: 100, bytes: 1000 },
  })
  const asked: string[] = []
  const answers = [answer(0, 100), answer(60, 200), answer(1, null)]
  const reading = new Reading(view, async (url) => {
    asked.push(new URL(url, 'http://x').searchParams.get('place') ?? '')
    return answers.shift()
  })
  await reading.more()
  assert.deepEqual(
    [reading.state.status, reading.state.messages.length, reading.state.scanned.messages],
    ['paused', 60, 200],
  )
  await reading.more()
  assert.deepEqual([reading.state.status, reading.state.messages.length], ['done', 61])
  assert.deepEqual(asked, ['', '100', '200'])

  let ended = false
  const slow = new Reading(view, (_url, signal) => {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        ended = true
        reject(signal.reason)
      })
    })
  })
  const under = slow.more()
  assert.equal(slow.state.status, 'reading')
  slow.stop()
  await under
  assert.equal(ended, true)
  assert.equal(slow.state.status, 'paused')

  const failing = new Reading(view, () => Promise.reject(new Error('gone')))
  await failing.more()
  assert.equal(failing.state.status, 'failed')
})
