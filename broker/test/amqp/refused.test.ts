// Publishes that a full queue refused: each is answered by a nack in its place, and no ack covers it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Confirms, REFUSED } from '../../src/amqp/confirms.ts'
import { SeededRandom } from '../../src/base/random.ts'
import { World } from './session-harness.ts'

/** How a client reads an answer: what it stands for is removed from what is open. */
function answered(open: number[], sequence: number, multiple: boolean): number[] {
  const found = open.filter((one) => (multiple ? one <= sequence : one === sequence))
  for (const one of found) open.splice(open.indexOf(one), 1)
  return found
}

const step = fc.record({
  /** 0: needs no disk; 1: the round under way; -1: refused; 2: the round becomes durable and all that may be is answered. */
  kind: fc.constantFrom(0, 1, 1, 1, REFUSED, REFUSED, 2),
})

test('each publish is answered once, in order, by a nack if it was refused, and never before it is durable', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
      const confirms = new Confirms()
      const rounds: number[] = []
      const open: number[] = []
      let [round, durable, lastAnswered] = [1, 0, 0]
      const answer = (): void => {
        let before: boolean | null = null
        const durability = { reached: (one: number) => one <= durable }
        for (let sequence = confirms.take(durability); sequence !== 0; sequence = confirms.take(durability)) {
          const found = answered(open, sequence, confirms.multiple)
          assert.ok(found.length > 0, `${sequence} stands for something`)
          assert.equal(found.length > 1, confirms.multiple)
          for (const one of found) {
            assert.equal(one, ++lastAnswered, 'in order')
            assert.equal(rounds[one - 1] === REFUSED, confirms.refused, `${one} is answered for what it was`)
            assert.ok(rounds[one - 1] <= durable, `${one} is durable`)
          }
          assert.notEqual(confirms.refused, before, 'neighbours share one answer')
          before = confirms.refused
        }
        const next = rounds[lastAnswered]
        assert.ok(next === undefined || next > durable, 'nothing that is due is kept back')
      }
      for (const { kind } of steps) {
        if (kind === 2) {
          durable = round++
          answer()
          continue
        }
        rounds.push(kind === 1 ? round : kind)
        open.push(rounds.length)
        confirms.push(rounds.length, rounds.at(-1)!)
        if (open.length % 5 === 0) answer()
      }
      durable = round
      answer()
      assert.deepEqual([open, confirms.waiting], [[], false])
    }),
  )
})

const FULL = 3

test('what a full queue refused is never delivered, all else is; what another queue took of it is there', async () => {
  const random = new SeededRandom(7)
  const world = await World.open()
  const peer = await world.connect()
  const consumer = await world.connect()
  const limits = { 'x-max-length': FULL, 'x-overflow': 'reject-publish' }
  await peer.ask(1, 'queue.declare', { queue: 'full', durable: true, arguments: limits })
  await peer.ask(1, 'queue.declare', { queue: 'roomy', durable: true })
  for (const queue of ['full', 'roomy']) {
    await peer.ask(1, 'queue.bind', { queue, exchange: 'amq.fanout', routingKey: '' })
  }
  await peer.ask(1, 'confirm.select', {})
  const open: number[] = []
  const outcomes = new Map<number, 'basic.ack' | 'basic.nack'>()
  let published = 0
  for (let step = 0; step < 200; step++) {
    const shut = random.chance(1, 2)
    if (shut) world.disk.writes.shut()
    for (let i = random.below(4); i > 0; i--) {
      open.push(++published)
      peer.publish('', `${published}`, { exchange: 'amq.fanout', properties: { deliveryMode: 1 + random.below(2) } })
    }
    if (random.chance(1, 3)) consumer.send(1, 'basic.get', { queue: 'full', noAck: true })
    await world.settle()
    if (shut) world.disk.writes.open()
    for (const { name, args } of peer.taken()) {
      assert.ok(name === 'basic.ack' || name === 'basic.nack')
      for (const one of answered(open, args.deliveryTag, args.multiple)) outcomes.set(one, name)
    }
  }
  world.disk.writes.open()
  await world.settle()
  for (const { name, args } of peer.taken())
    for (const one of answered(open, args.deliveryTag, args.multiple)) outcomes.set(one, name as 'basic.ack')
  assert.deepEqual(open, [], 'all are answered')
  await consumer.ask(2, 'channel.open', {})
  for (const queue of ['full', 'roomy']) consumer.send(2, 'basic.consume', { queue, consumerTag: queue, noAck: true })
  await world.settle()
  const heard = consumer.taken().filter(({ body }) => body !== undefined)
  const inFull = heard.filter(({ args }) => args.consumerTag !== 'roomy').map(({ body }) => Number(body))
  const taken = [...outcomes].filter(([, outcome]) => outcome === 'basic.ack').map(([number]) => number)
  assert.deepEqual(inFull, taken)
  assert.ok(taken.length > 20 && published - taken.length > 20, 'some of each')
  const inRoomy = heard.filter(({ args }) => args.consumerTag === 'roomy').map(({ body }) => Number(body))
  assert.equal(inRoomy.length, published)
})

test('a transaction of which a queue refuses a part fails, and the rest of it stands', async () => {
  const world = await World.open()
  const peer = await world.connect()
  const limits = { 'x-max-length': 1, 'x-overflow': 'reject-publish' }
  await peer.ask(1, 'queue.declare', { queue: 'full', arguments: limits })
  await peer.ask(1, 'tx.select', {})
  for (const body of ['one', 'two']) peer.publish('full', body)
  peer.send(1, 'tx.commit', {})
  await world.settle()
  assert.deepEqual(peer.heard(), ['channel.close PRECONDITION_FAILED - partial tx completion'])
  assert.equal(world.queue('full')!.ready, 1)
})
