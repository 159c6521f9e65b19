// Who may go on, and who has been replaced: producers of the same transactional id, late requests, time.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { World } from './harness.ts'
import { type Dialect, Producer } from './producer.ts'

async function worldOf(settings = {}): Promise<World> {
  const world = await World.open({ settings })
  await world.createTopic('a', 2)
  return world
}

for (const dialect of [1, 2] as Dialect[]) {
  test(`a producer that was replaced can neither write nor end anything, in dialect ${dialect}`, async () => {
    const world = await worldOf()
    const zombie = await new Producer(world, 't', dialect).init()
    assert.equal(zombie.send('a', 0, 'zombie'), null)
    const producer = zombie.successor()
    assert.equal(await producer.initOnce(), 'concurrent-transactions')
    assert.equal(await producer.initOnce(), null)
    assert.equal(producer.producerId, zombie.producerId)
    assert.equal(zombie.send('a', 0, 'zombie'), dialect === 1 ? 'producer-fenced' : 'invalid-producer-epoch')
    assert.equal(zombie.sendOffset('g', 'a', 3), 'producer-fenced')
    assert.equal(await zombie.commit(), 'producer-fenced')
    assert.equal(await zombie.initOnce(true), 'producer-fenced')
    assert.equal(producer.send('a', 0, 'new'), null)
    assert.equal(await zombie.abort(), 'producer-fenced')
    assert.equal(await producer.commit(), null)
    assert.deepEqual(await world.read('a'), ['new'])
  })
}

test('a late EndTxn does not touch the next transaction: its epoch is over', async () => {
  const world = await worldOf()
  const producer = await new Producer(world, 't', 2).init()
  const late = { ...producer.claimed }
  producer.send('a', 0, 'first')
  assert.equal(await producer.commit(), null)
  producer.send('a', 0, 'second')
  const { transactions } = world.streams
  for (const commit of [true, false]) {
    let error: unknown
    transactions.end(late, commit, true, (refused) => {
      error = refused
    })
    assert.equal(error, 'producer-fenced')
  }
  assert.deepEqual(await world.read('a'), ['first'])
  assert.equal(await producer.abort(), null)
  assert.deepEqual(await world.read('a'), ['first'])
})

test('an EndTxn that is repeated gets the answer of the first, epoch and all', async () => {
  const world = await worldOf()
  const producer = await new Producer(world, 't', 2).init()
  const first = { ...producer.claimed }
  producer.send('a', 0, 'x')
  assert.equal(await producer.commit(), null)
  assert.equal(producer.producerEpoch, first.producerEpoch + 1)
  const answers: unknown[] = []
  world.streams.transactions.end(first, true, true, (...answer) => answers.push(answer))
  await world.settle()
  assert.deepEqual(answers, [[null, producer.producerId, producer.producerEpoch]])
  assert.deepEqual(await world.read('a'), ['x'])
})

test('without bumped epochs: a repeated EndTxn of the same outcome succeeds, another one and one of nothing do not', async () => {
  const world = await worldOf()
  const producer = await new Producer(world, 't', 1).init()
  assert.equal(await producer.commit(), 'invalid-txn-state')
  producer.send('a', 0, 'x')
  assert.equal(await producer.commit(), null)
  assert.equal(await producer.commit(), null)
  assert.equal(await producer.abort(), 'invalid-txn-state')
  assert.deepEqual(await world.read('a'), ['x'])
})

test('while a transaction ends, nobody begins the next one', async () => {
  const world = await worldOf()
  const producer = await new Producer(world, 't', 1).init()
  producer.send('a', 0, 'x')
  await world.settle()
  const ending = producer.endLater(true)
  assert.equal(producer.addPartition('a', 1), 'concurrent-transactions')
  assert.equal(producer.sendOffset('g', 'a', 1), 'concurrent-transactions')
  const { producerId, producerEpoch } = producer
  const check = (version: number) =>
    world.streams.transactions.checkProduce('t', producerId, producerEpoch, 'a', 0, version)
  assert.equal(check(11), 'not-enough-replicas')
  assert.equal(check(12), 'concurrent-transactions')
  assert.equal(await producer.successor().initOnce(), 'concurrent-transactions')
  assert.equal(await ending, null)
  assert.equal(producer.addPartition('a', 1), null)
})

test('a batch for a partition that was not added is refused, in the words of its version', async () => {
  const world = await worldOf()
  const { producerId, producerEpoch } = await new Producer(world, 't', 1).init()
  const { transactions } = world.streams
  const check = (version: number) => transactions.checkProduce('t', producerId, producerEpoch, 'a', 0, version)
  assert.equal(check(10), 'invalid-txn-state')
  assert.equal(check(11), 'transaction-abortable')
  assert.equal(transactions.checkProduce('other', producerId, producerEpoch, 'a', 0, 12), 'invalid-producer-id-mapping')
  assert.equal(transactions.checkProduce('t', producerId, producerEpoch, 'none', 0, 12), 'unknown-topic-or-partition')
  assert.equal(transactions.get('t')?.status, 'Empty')
  assert.equal(check(12), null)
  assert.equal(transactions.get('t')?.status, 'Ongoing')
})

test('a transaction older than its producer allowed is aborted, and its producer fenced', async () => {
  const world = await worldOf()
  const producer = new Producer(world, 't', 2)
  producer.timeoutMs = 5000
  await producer.init()
  producer.send('a', 0, 'x')
  producer.sendOffset('g', 'a', 4)
  await world.pass(4000)
  assert.equal(producer.send('a', 0, 'y'), null)
  await world.pass(2000)
  assert.equal(world.streams.transactions.get('t')?.status, 'CompleteAbort')
  assert.equal(world.partition('a').log.lastStableOffset, world.partition('a').log.highWatermark)
  assert.equal(producer.send('a', 0, 'z'), 'invalid-producer-epoch')
  assert.equal(await producer.commit(), 'producer-fenced')
  assert.deepEqual(await world.read('a'), [])
  assert.equal(world.committedOffset('g', 'a'), null)
  const next = await producer.successor().init()
  assert.equal(next.send('a', 0, 'next'), null)
  assert.equal(await next.commit(), null)
  assert.deepEqual(await world.read('a'), ['next'])
})

test('time goes on while nobody runs: an open transaction is aborted after a restart', async () => {
  const world = await worldOf()
  const producer = new Producer(world, 't', 2)
  producer.timeoutMs = 5000
  await producer.init()
  producer.send('a', 0, 'x')
  await world.settle()
  world.clock.advance(500)
  await world.kill()
  await world.pass(1000)
  assert.equal(world.streams.transactions.get('t')?.status, 'Ongoing')
  await world.pass(5000)
  assert.equal(world.streams.transactions.get('t')?.status, 'CompleteAbort')
})

test('a transactional id that nobody uses is forgotten; one with an open transaction is not', async () => {
  const world = await worldOf({ transactionalIdExpirationMs: 3_600_000, transactionMaxTimeoutMs: 2_000_000_000 })
  const idle = await new Producer(world, 'idle').init()
  const open = new Producer(world, 'open')
  open.timeoutMs = 2_000_000_000
  await open.init()
  open.send('a', 0, 'x')
  await world.pass(8_000_000)
  const { transactions } = world.streams
  assert.deepEqual(
    [...transactions.all()].map(({ transactionalId }) => transactionalId),
    ['open'],
  )
  assert.equal(idle.send('a', 0, 'y'), 'invalid-producer-id-mapping')
  await world.kill()
  assert.equal(world.streams.transactions.get('idle'), undefined)
  assert.equal(world.streams.transactions.get('open')?.status, 'Ongoing')
})

test('a producer goes on after an error with the next epoch, and asks again for it in vain only if it was replaced', async () => {
  const world = await worldOf()
  const producer = await new Producer(world, 't').init()
  assert.equal(producer.producerEpoch, 0)
  const again = { ...producer.claimed }
  assert.equal(await producer.initOnce(true), null)
  assert.equal(producer.producerEpoch, 1)
  Object.assign(producer, again)
  assert.equal(await producer.initOnce(true), null)
  assert.equal(producer.producerEpoch, 1)
  assert.equal(await producer.successor().initOnce(), null)
  assert.equal(await producer.initOnce(true), 'producer-fenced')
})

test('epochs that are used up bring a new producer id, at an end and at a beginning', async () => {
  const world = await worldOf()
  const producer = await new Producer(world, 't').init()
  const transaction = world.streams.transactions.get('t')!
  transaction.producerEpoch = 32_765
  producer.producerEpoch = 32_765
  const before = producer.producerId
  producer.send('a', 0, 'x')
  assert.equal(await producer.commit(), null)
  assert.deepEqual([producer.producerId, producer.producerEpoch], [before, 32_766])
  const last = { ...producer.claimed }
  producer.send('a', 0, 'y')
  assert.equal(await producer.commit(), null)
  assert.notEqual(producer.producerId, before)
  assert.equal(producer.producerEpoch, 0)
  const answers: unknown[] = []
  world.streams.transactions.end(last, true, true, (...answer) => answers.push(answer))
  await world.settle()
  assert.deepEqual(answers, [[null, producer.producerId, 0]])
  assert.equal(producer.send('a', 0, 'z'), null)
  assert.equal(await producer.commit(), null)
  assert.deepEqual(await world.read('a'), ['x', 'y', 'z'])

  const second = producer.producerId
  transaction.producerEpoch = 32_766
  const successor = await producer.successor().init()
  assert.ok(successor.producerId > second)
  assert.equal(successor.producerEpoch, 0)
})

test('a producer that is fenced at its last epoch gets no other', async () => {
  for (const comesBack of [true, false]) {
    const world = await worldOf()
    const zombie = await new Producer(world, 't').init()
    world.streams.transactions.get('t')!.producerEpoch = 32_766
    zombie.producerEpoch = 32_766
    assert.equal(zombie.send('a', 0, 'x'), null)
    const successor = zombie.successor()
    assert.equal(await successor.initOnce(), 'concurrent-transactions')
    assert.equal(await (comesBack ? zombie.initOnce(true) : zombie.abort()), 'producer-fenced')
    assert.equal(await successor.initOnce(), null)
    assert.notEqual(successor.producerId, zombie.producerId)
    assert.equal(await (comesBack ? zombie.initOnce(true) : zombie.abort()), 'producer-fenced')
  }
})

test('what an id may not be, and how long a transaction may last', async () => {
  const world = await worldOf({ transactionMaxTimeoutMs: 10_000 })
  const ask = async (transactionalId: string | null, timeoutMs: number) => {
    const answers: unknown[][] = []
    world.streams.transactions.initProducerId(transactionalId, timeoutMs, null, (...answer) => answers.push(answer))
    await world.settle()
    return answers[0]![0]
  }
  assert.equal(await ask('', 1000), 'invalid-request')
  assert.equal(await ask('t', 10_001), 'invalid-transaction-timeout')
  assert.equal(await ask('t', 0), 'invalid-transaction-timeout')
  assert.equal(await ask('t', 10_000), null)
  assert.equal(await ask(null, 0), null)
})

test('producer ids are never given twice, over starts and among transactional and other producers', async () => {
  const world = await worldOf()
  const seen = new Set<number>()
  for (let start = 0; start < 3; start++) {
    for (let i = 0; i < 600; i++) {
      const transactionalId = i % 2 === 0 ? null : `t-${start}-${i}`
      world.streams.transactions.initProducerId(transactionalId, 1000, null, (error, producerId) => {
        assert.equal(error, null)
        assert.ok(!seen.has(producerId), `${producerId} again`)
        seen.add(producerId)
      })
    }
    await world.settle()
    await world.kill()
  }
  assert.equal(seen.size, 1800)
})

test('an id is told when its block is durable, not before', async () => {
  const world = await worldOf()
  let told = false
  world.streams.transactions.initProducerId(null, 0, null, () => {
    told = true
  })
  assert.equal(told, false)
  await world.settle()
  assert.equal(told, true)
})
