import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './harness.ts'
import { type Dialect, Producer } from './producer.ts'

for (const dialect of [1, 2] as Dialect[]) {
  test(`what is committed is seen, what is aborted is not, in dialect ${dialect}`, async () => {
    const world = await World.open()
    await world.createTopic('a', 2)
    const producer = await new Producer(world, 't', dialect).init()
    assert.equal(producer.send('a', 0, 'x', 'y'), null)
    assert.equal(producer.send('a', 1, 'z'), null)
    assert.equal(producer.sendOffset('g', 'a', 7), null)
    await world.settle()
    assert.deepEqual(await world.read('a', 0), [])
    assert.deepEqual(await world.read('a', 0, 'uncommitted'), ['x', 'y'])
    assert.equal(world.committedOffset('g', 'a'), null)
    assert.equal(await producer.commit(), null)
    assert.deepEqual(await world.read('a', 0), ['x', 'y'])
    assert.deepEqual(await world.read('a', 1), ['z'])
    assert.equal(world.committedOffset('g', 'a'), 7)

    assert.equal(producer.send('a', 0, 'lost'), null)
    assert.equal(producer.sendOffset('g', 'a', 9), null)
    assert.equal(await producer.abort(), null)
    assert.equal(producer.send('a', 0, 'kept'), null)
    assert.equal(await producer.commit(), null)
    assert.deepEqual(await world.read('a', 0), ['x', 'y', 'kept'])
    assert.deepEqual(await world.read('a', 0, 'uncommitted'), ['x', 'y', 'lost', 'kept'])
    assert.equal(world.committedOffset('g', 'a'), 7)
  })
}
