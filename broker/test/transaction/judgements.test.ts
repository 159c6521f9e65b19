// Kafka's tables of what a request may do to a transactional id as it stands, row by row.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeAdd, judgeEnd, judgeEndBumping, judgeInit } from '../../src/broker/transaction/judgements.ts'
import { Transaction, type TransactionStatus } from '../../src/broker/transaction/transaction.ts'

const ID = 7
const EPOCH = 5

function transaction(status: TransactionStatus, changes: Partial<Transaction> = {}): Transaction {
  return Object.assign(new Transaction('t', ID, 1000, 0), { status, producerEpoch: EPOCH, ...changes })
}

// The epoch in the request: `current` is the coordinator's, `repeated` the one before it, `other` any other.
const epochs = { current: EPOCH, repeated: EPOCH - 1, older: EPOCH - 2, newer: EPOCH + 1 }

// [status, epoch of the request, judgement of a commit, judgement of an abort]
const bumping: [TransactionStatus, keyof typeof epochs, string, string][] = [
  ['Empty', 'current', 'invalid-txn-state', 'decide'],
  ['Empty', 'repeated', 'producer-fenced', 'producer-fenced'],
  ['Ongoing', 'current', 'decide', 'decide'],
  ['Ongoing', 'repeated', 'producer-fenced', 'producer-fenced'],
  ['PrepareCommit', 'current', 'producer-fenced', 'producer-fenced'],
  ['PrepareCommit', 'repeated', 'concurrent-transactions', 'invalid-txn-state'],
  ['PrepareAbort', 'current', 'producer-fenced', 'producer-fenced'],
  ['PrepareAbort', 'repeated', 'invalid-txn-state', 'concurrent-transactions'],
  ['CompleteCommit', 'current', 'invalid-txn-state', 'decide'],
  ['CompleteCommit', 'repeated', 'done', 'invalid-txn-state'],
  ['CompleteAbort', 'current', 'invalid-txn-state', 'decide'],
  ['CompleteAbort', 'repeated', 'invalid-txn-state', 'done'],
  ['Ongoing', 'newer', 'producer-fenced', 'producer-fenced'],
  ['CompleteCommit', 'older', 'producer-fenced', 'producer-fenced'],
  ['CompleteAbort', 'newer', 'producer-fenced', 'producer-fenced'],
]

for (const [status, epoch, commit, abort] of bumping) {
  test(`EndTxn 5 with the ${epoch} epoch in ${status}: commit ${commit}, abort ${abort}`, () => {
    assert.equal(judgeEndBumping(transaction(status), ID, epochs[epoch], true), commit)
    assert.equal(judgeEndBumping(transaction(status), ID, epochs[epoch], false), abort)
  })
}

const keeping: [TransactionStatus, keyof typeof epochs, string, string][] = [
  ['Empty', 'current', 'invalid-txn-state', 'invalid-txn-state'],
  ['Ongoing', 'current', 'decide', 'decide'],
  ['PrepareCommit', 'current', 'concurrent-transactions', 'invalid-txn-state'],
  ['PrepareAbort', 'current', 'invalid-txn-state', 'concurrent-transactions'],
  ['CompleteCommit', 'current', 'done', 'invalid-txn-state'],
  ['CompleteAbort', 'current', 'invalid-txn-state', 'done'],
  ['Ongoing', 'repeated', 'producer-fenced', 'producer-fenced'],
  ['Ongoing', 'newer', 'producer-fenced', 'producer-fenced'],
  ['CompleteCommit', 'repeated', 'producer-fenced', 'producer-fenced'],
]

for (const [status, epoch, commit, abort] of keeping) {
  test(`EndTxn 4 with the ${epoch} epoch in ${status}: commit ${commit}, abort ${abort}`, () => {
    assert.equal(judgeEnd(transaction(status), ID, epochs[epoch], true), commit)
    assert.equal(judgeEnd(transaction(status), ID, epochs[epoch], false), abort)
  })
}

test('nobody ends a transaction under an id that is not known, or is another producer’s', () => {
  for (const judge of [judgeEnd, judgeEndBumping]) {
    assert.equal(judge(undefined, ID, EPOCH, true), 'invalid-producer-id-mapping')
    assert.equal(judge(transaction('Ongoing'), ID + 1, EPOCH, true), 'invalid-producer-id-mapping')
  }
})

test('an end that used up the epochs is known again by the producer id before', () => {
  const rotated = transaction('CompleteCommit', { producerId: 9, previousProducerId: ID, producerEpoch: 0 })
  assert.equal(judgeEndBumping(rotated, ID, 32_766, true), 'done')
  assert.equal(judgeEndBumping(rotated, ID, 32_766, false), 'invalid-txn-state')
  assert.equal(judgeEndBumping(rotated, ID, 32_765, true), 'invalid-producer-id-mapping')
})

// [status, epoch of the request or null, judgement]
const inits: [TransactionStatus, number | null, string][] = [
  ['Empty', null, 'bump'],
  ['CompleteCommit', null, 'bump'],
  ['CompleteAbort', null, 'bump'],
  ['Ongoing', null, 'abort'],
  ['PrepareCommit', null, 'concurrent-transactions'],
  ['PrepareAbort', null, 'concurrent-transactions'],
  ['Empty', EPOCH, 'bump'],
  ['CompleteAbort', EPOCH, 'bump'],
  ['Ongoing', EPOCH, 'abort'],
  ['Empty', EPOCH - 1, 'same'],
  ['Empty', EPOCH - 2, 'producer-fenced'],
  ['Empty', EPOCH + 1, 'producer-fenced'],
  ['Ongoing', EPOCH - 2, 'producer-fenced'],
  ['PrepareAbort', EPOCH, 'concurrent-transactions'],
]

for (const [status, epoch, judgement] of inits) {
  test(`InitProducerId with ${epoch === null ? 'no epoch' : `epoch ${epoch} of ${EPOCH}`} in ${status}: ${judgement}`, () => {
    const expected = epoch === null ? null : { producerId: ID, producerEpoch: epoch }
    assert.equal(judgeInit(transaction(status, { lastProducerEpoch: EPOCH - 1 }), expected), judgement)
  })
}

test('a producer comes back with an id that was never its own, or was before its epochs were used up', () => {
  const stranger = { producerId: ID + 1, producerEpoch: EPOCH }
  assert.equal(judgeInit(transaction('Empty'), stranger), 'producer-fenced')
  assert.equal(judgeInit(transaction('Empty', { producerEpoch: -1 }), stranger), 'bump')
  const rotated = transaction('Empty', { previousProducerId: 3, producerEpoch: 0, lastProducerEpoch: 32_766 })
  assert.equal(judgeInit(rotated, { producerId: 3, producerEpoch: 32_766 }), 'same')
  assert.equal(judgeInit(rotated, { producerId: 3, producerEpoch: 5 }), 'producer-fenced')
})

test('the last epochs are for fencing: a producer gets a new id instead', () => {
  const last = transaction('Empty', { producerEpoch: 32_766, lastProducerEpoch: 32_765 })
  assert.equal(judgeInit(last, null), 'rotate')
  assert.equal(judgeInit(last, { producerId: ID, producerEpoch: 32_766 }), 'rotate')
  assert.equal(judgeInit(last, { producerId: ID, producerEpoch: 32_765 }), 'same')
  assert.equal(judgeInit(transaction('CompleteAbort', { producerEpoch: 32_767 }), null), 'rotate')
})

test('partitions are added by the producer of the id and epoch alone, and not while the transaction ends', () => {
  assert.equal(judgeAdd(undefined, ID, EPOCH), 'invalid-producer-id-mapping')
  assert.equal(judgeAdd(transaction('Empty'), ID + 1, EPOCH), 'invalid-producer-id-mapping')
  assert.equal(judgeAdd(transaction('Empty'), ID, EPOCH - 1), 'producer-fenced')
  assert.equal(judgeAdd(transaction('Empty'), ID, EPOCH + 1), 'producer-fenced')
  assert.equal(judgeAdd(transaction('PrepareCommit'), ID, EPOCH), 'concurrent-transactions')
  assert.equal(judgeAdd(transaction('PrepareAbort'), ID, EPOCH), 'concurrent-transactions')
  for (const status of ['Empty', 'Ongoing', 'CompleteCommit', 'CompleteAbort'] as const) {
    assert.equal(judgeAdd(transaction(status), ID, EPOCH), null)
  }
})
