/**
 * What schemas say to the compiler: what is sent has the type of their input, what handlers get that of their output. It
 * is the compiler that fails where a type here is another. And that data travels as it was given, and is made into the
 * output once, where it arrives.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { z } from 'zod'
import { inMemory } from './core.ts'

type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false

/** Compiles if the types are the same. */
const same = <One, Other>(_: Same<One, Other>): void => {}

const Clip = z.object({ at: z.string().transform((text) => new Date(text)), width: z.number().default(640) })
const Sum = v.object({ amount: v.pipe(v.string(), v.transform(Number)), note: v.optional(v.string()) })

type ClipSent = { at: string; width?: number | undefined }
type ClipGot = { at: Date; width: number }
type SumSent = { amount: string; note?: string | undefined }
type SumGot = { amount: number; note?: string | undefined }

const at = '2026-01-01T00:00:00.000Z'

test('jobs', async (t) => {
  const box = await inMemory(t)
  const queue = box.queue('video', { jobs: { clip: Clip, sum: Sum } })
  same<Parameters<typeof queue.add<'clip'>>[1], ClipSent>(true)
  same<Parameters<typeof queue.add<'sum'>>[1], SumSent>(true)
  const got: unknown[] = []
  await queue.process('clip', ({ data }) => {
    same<typeof data, ClipGot>(true)
    got.push(data)
  })
  await queue.process('sum', ({ data }) => {
    same<typeof data, SumGot>(true)
    got.push(data)
    return data.amount
  })
  await (await queue.add('clip', { at }, { awaitResult: true })).result()
  assert.equal(await (await queue.add('sum', { amount: '7' }, { awaitResult: true })).result(), 7)
  assert.deepEqual(got, [{ at: new Date(at), width: 640 }, { amount: 7 }])
  // @ts-expect-error there is no such job
  await assert.rejects(queue.add('sing', {}), TypeError)
  // @ts-expect-error a number is not what the schema takes
  await assert.rejects(queue.add('sum', { amount: 7 }), { code: 'INVALID' })
})

test('a dead letter has what was sent', async (t) => {
  const box = await inMemory(t)
  const queue = box.queue('dying', { jobs: { clip: Clip }, retry: { attempts: 1 } })
  const worker = await queue.process('clip', () => Promise.reject(new Error('no')))
  await assert.rejects((await queue.add('clip', { at }, { awaitResult: true })).result(), /no/)
  const [letter] = await queue.dead('clip').list()
  assert.ok(letter)
  same<typeof letter.data, ClipSent>(true)
  assert.deepEqual(letter.data, { at })
  await worker.stop()
})

test('events', async (t) => {
  const box = await inMemory(t)
  const topic = box.topic('orders', { events: { 'order.made': Sum, 'clip.made': Clip } })
  same<Parameters<typeof topic.publish<'order.made'>>[1], SumSent>(true)
  const got = Promise.withResolvers<unknown>()
  await topic.subscribe('order.*', ({ name, data }) => {
    same<typeof name, 'order.made'>(true)
    same<typeof data, SumGot>(true)
    got.resolve(data)
  })
  await topic.publish('order.made', { amount: '8' })
  assert.deepEqual(await got.promise, { amount: 8 })
})

test('calls', async (t) => {
  const box = await inMemory(t)
  const service = box.service('sums', { methods: { when: { args: Sum, result: Clip } } })
  await service.handle('when', (args) => {
    same<typeof args, SumGot>(true)
    return { at, width: args.amount }
  })
  const result = await service.call('when', { amount: '9' })
  same<typeof result, ClipGot>(true)
  assert.deepEqual(result, { at: new Date(at), width: 9 })
})

test('patterns', async (t) => {
  const box = await inMemory(t)
  const any = box.anycast('clips', { schema: Clip })
  const got = Promise.withResolvers<unknown>()
  await any.receive(({ data }) => {
    same<typeof data, ClipGot>(true)
    got.resolve(data)
  })
  await any.send({ at })
  assert.deepEqual(await got.promise, { at: new Date(at), width: 640 })
})

test('plain types, and none', async (t) => {
  const box = await inMemory(t)
  const plain = box.queue<{ mail: { to: string } }>('mails')
  same<Parameters<typeof plain.add<'mail'>>[1], { to: string }>(true)
  const none = box.queue('anything')
  const sent = await none.add('x', { any: 'thing' })
  same<Awaited<ReturnType<typeof sent.result<number>>>, number>(true)
  assert.equal(sent.duplicate, false)
})

test('options that are undefined are not given', async (t) => {
  const box = await inMemory(t)
  const nothing = undefined
  const queue = box.queue('options')
  await queue.process('one', () => 'done', { concurrency: nothing, prefetch: nothing })
  const options = {
    delayMs: nothing,
    ttlMs: nothing,
    key: nothing,
    priority: nothing,
    dedupe: nothing,
    messageId: nothing,
  }
  const job = await queue.add('one', 1, { ...options, headers: nothing, awaitResult: true })
  assert.equal(await job.result({ timeoutMs: nothing, signal: nothing }), 'done')
  const service = box.service('undefined')
  await service.handle('one', () => 'done', { concurrency: nothing })
  assert.equal(await service.call('one', 1, { timeoutMs: nothing, signal: nothing, headers: nothing }), 'done')
  const topic = box.topic('options.events')
  const got = Promise.withResolvers<void>()
  await topic.subscribe('#', () => got.resolve(), { group: nothing, from: nothing, concurrency: nothing })
  await topic.publish('one', 1, { key: nothing, headers: nothing, messageId: nothing })
  await got.promise
})
