import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isHardError, ReplyCode, replyName, replyText } from '../../src/wire/amqp/constants.ts'

test('a reply names its code', () => {
  assert.equal(replyName(404), 'NOT_FOUND')
  assert.equal(replyText(404, "no queue 'q' in vhost '/'"), "NOT_FOUND - no queue 'q' in vhost '/'")
})

test('a reply text is cut to what a shortstr holds, between characters', () => {
  for (const filler of ['a', 'ž', '€', '😀']) {
    const text = replyText(406, filler.repeat(255))
    assert.ok(Buffer.byteLength(text) <= 255 && Buffer.byteLength(text) > 250)
    assert.match(text, /^PRECONDITION_FAILED - (a|ž|€|😀)+\.\.\.$/u)
  }
  assert.equal(replyText(404, 'x'.repeat(243)), `NOT_FOUND - ${'x'.repeat(243)}`)
  assert.equal(Buffer.byteLength(replyText(404, 'x'.repeat(244))), 255)
})

test('soft errors end a channel, hard ones the connection', () => {
  const soft = Object.values(ReplyCode).filter((code) => !isHardError(code))
  assert.deepEqual(soft, [200, 311, 312, 313, 403, 404, 405, 406])
})
