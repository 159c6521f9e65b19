import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Unacked } from '../../src/amqp/unacked.ts'

type Entry = { tag: number; holder: number; place: number; since: number; state: 'open' | 'pending' | 'abandoned' }

/** What `Unacked` must do, said with a list. */
class Model {
  entries: Entry[] = []

  upTo(tag: number, multiple: boolean): Entry[] | null {
    const open = this.entries.filter((entry) => entry.state !== 'pending')
    if (multiple && tag === 0) return open
    if (!open.some((entry) => entry.tag === tag)) return null
    return open.filter((entry) => (multiple ? entry.tag <= tag : entry.tag === tag))
  }

  remove(gone: readonly Entry[]): void {
    this.entries = this.entries.filter((entry) => !gone.includes(entry))
  }
}

const operation = fc.record({
  kind: fc.constantFrom(
    'push',
    'push',
    'push',
    'take',
    'takeUpTo',
    'markPending',
    'takePending',
    'restorePending',
    'abandon',
    'look',
    'drain',
  ),
  /** How many tags before the last one; beyond the first, so that tags never given are tried too. */
  back: fc.integer({ min: -2, max: 40 }),
  gap: fc.constantFrom(1, 1, 1, 2, 5),
  multiple: fc.boolean(),
})

test('unacked deliveries settle as a list would', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300, size: 'max' }), (operations) => {
      const unacked = new Unacked()
      const model = new Model()
      let last = 0
      for (const { kind, back, gap, multiple } of operations) {
        const tag = Math.max(0, last - back)
        const visited: string[] = []
        const visit = (holder: number, place: number, one: number) => void visited.push(`${one}:${holder}:${place}`)
        const inWords = (entries: readonly Entry[]) =>
          entries.filter((one) => one.state !== 'abandoned').map((one) => `${one.tag}:${one.holder}:${one.place}`)
        if (kind === 'push') {
          last += gap
          const since = Math.floor(last / 10)
          unacked.push(last, last % 7, last * 1000, since)
          model.entries.push({ tag: last, holder: last % 7, place: last * 1000, since, state: 'open' })
        } else if (kind === 'take' || kind === 'takeUpTo') {
          const expected = model.upTo(tag, kind === 'takeUpTo')
          const found = kind === 'take' ? unacked.take(tag, visit) : unacked.takeUpTo(tag, visit)
          assert.equal(found, expected !== null)
          assert.deepEqual(visited, inWords(expected ?? []))
          model.remove(expected ?? [])
        } else if (kind === 'markPending') {
          const expected = model.upTo(tag, multiple)
          const marked: number[] = []
          assert.equal(
            unacked.markPending(tag, multiple, (one) => void marked.push(one)),
            expected !== null,
          )
          assert.deepEqual(
            marked,
            (expected ?? []).filter((one) => one.state === 'open').map((one) => one.tag),
          )
          model.remove((expected ?? []).filter((one) => one.state === 'abandoned'))
          for (const entry of expected ?? []) entry.state = 'pending'
        } else if (kind === 'takePending') {
          const expected = model.entries.filter((entry) => entry.state === 'pending' && entry.tag === tag)
          unacked.takePending(tag, visit)
          assert.deepEqual(visited, inWords(expected))
          model.remove(expected)
        } else if (kind === 'restorePending') {
          unacked.restorePending(tag)
          for (const entry of model.entries) if (entry.tag === tag && entry.state === 'pending') entry.state = 'open'
        } else if (kind === 'abandon') {
          const expected = model.entries.filter((entry) => entry.state === 'open' && entry.holder === tag % 7)
          unacked.abandon(tag % 7, visit)
          assert.deepEqual(visited, inWords(expected))
          for (const entry of expected) entry.state = 'abandoned'
        } else if (kind === 'look') {
          const until = Math.floor(tag / 10)
          unacked.look(until, (holder, place, one, since) => {
            visit(holder, place, one)
            assert.equal(since, Math.floor(one / 10))
          })
          assert.deepEqual(visited, inWords(model.entries.filter((entry) => entry.since <= until)))
        } else {
          unacked.drain(visit)
          assert.deepEqual(visited, inWords(model.entries))
          model.entries = []
        }
        assert.equal(unacked.count, model.entries.filter((entry) => entry.state !== 'abandoned').length)
      }
    }),
    { numRuns: 300 },
  )
})
