import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { ASSIGNORS, type AssignorMember } from '../../src/broker/group/assignor.ts'
import {
  type Assignment,
  assignmentOf,
  listed,
  partitionsOf,
  sizeOf,
} from '../../src/broker/group/consumer-group-assignment.ts'

const uniform = ASSIGNORS.get('uniform')!
const range = ASSIGNORS.get('range')!

function member(
  id: string,
  topicIds: readonly string[],
  before: Assignment = new Map(),
  instanceId: string | null = null,
) {
  return { id, instanceId, topicIds: new Set(topicIds), before }
}

const plain = (targets: Map<string, Assignment>) =>
  Object.fromEntries([...targets].map(([id, target]) => [id, Object.fromEntries(listed(target))]))

interface Case {
  readonly members: AssignorMember[]
  readonly counts: Map<string, number>
}

const topics = ['t0', 't1', 't2', 't3']
const randomCounts = fc
  .tuple(...topics.map(() => fc.integer({ min: 1, max: 9 })))
  .map((counts) => new Map(topics.map((topic, index) => [topic, counts[index]!])))
const randomTopics = fc.subarray(topics)

/** Members that had some of the partitions before, also of topics and partitions that are gone. */
function cases(same: boolean): fc.Arbitrary<Case> {
  return fc
    .record({
      counts: randomCounts,
      wanted: fc.array(randomTopics, { minLength: 1, maxLength: 7 }),
      owners: fc.array(fc.nat({ max: 9 }), { minLength: 60, maxLength: 60 }),
      statics: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
    })
    .map(({ counts, wanted, owners, statics }) => {
      const before = wanted.map(() => new Map<string, Set<number>>())
      let next = 0
      for (const topic of [...topics, 'gone']) {
        for (let partition = 0; partition < (counts.get(topic) ?? 2) + 1; partition++) {
          const had = before[owners[next++ % owners.length]!]
          had?.set(topic, (had.get(topic) ?? new Set()).add(partition))
        }
      }
      const members = wanted.map((mine, index) =>
        member(`m${index}`, same ? wanted[0]! : mine, before[index], statics[index] ? `i${9 - index}` : null),
      )
      return { members, counts }
    })
}

function checkComplete({ members, counts }: Case, targets: Map<string, Assignment>): void {
  const owned = new Set<string>()
  for (const { id, topicIds } of members) {
    for (const [topicId, partition] of partitionsOf(targets.get(id)!)) {
      assert.ok(topicIds.has(topicId), `${id} does not want ${topicId}`)
      assert.ok(partition < counts.get(topicId)!, 'a partition that is not there')
      assert.ok(!owned.has(`${topicId} ${partition}`), `${topicId}-${partition} twice`)
      owned.add(`${topicId} ${partition}`)
    }
  }
  for (const [topicId, count] of counts) {
    if (!members.some(({ topicIds }) => topicIds.has(topicId))) continue
    for (let partition = 0; partition < count; partition++) {
      assert.ok(owned.has(`${topicId} ${partition}`), `${topicId}-${partition} is nobody's`)
    }
  }
}

const again = (members: readonly AssignorMember[], targets: Map<string, Assignment>) =>
  members.map((one) => ({ ...one, before: targets.get(one.id)! }))

suite('assignors', () => {
  for (const [name, assign] of ASSIGNORS) {
    test(`${name} gives each partition to one who wants it`, () => {
      fc.assert(
        fc.property(fc.oneof(cases(true), cases(false)), (one) => checkComplete(one, assign(one.members, one.counts))),
      )
    })

    test(`${name} changes nothing that stands`, () => {
      fc.assert(
        fc.property(fc.oneof(cases(true), cases(false)), ({ members, counts }) => {
          const first = assign(members, counts)
          assert.deepEqual(plain(assign(again(members, first), counts)), plain(first))
        }),
      )
    })
  }

  test('uniform differs by one at most, and moves no more than that takes, where all want the same', () => {
    fc.assert(
      fc.property(cases(true), ({ members, counts }) => {
        const targets = uniform(members, counts)
        const sizes = members.map(({ id }) => sizeOf(targets.get(id)!))
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `${sizes}`)
        const valid = members.map(({ topicIds, before }) =>
          [...partitionsOf(before)].filter(
            ([topic, partition]) => topicIds.has(topic) && partition < (counts.get(topic) ?? 0),
          ),
        )
        const least = Math.min(...sizes)
        let withOneMore = sizes.filter((size) => size > least).length
        let keepable = 0
        for (const { length } of valid.toSorted((one, other) => other.length - one.length)) {
          keepable += Math.min(length, least)
          if (length > least && withOneMore-- > 0) keepable += 1
        }
        const kept = members.flatMap(({ id }, index) =>
          valid[index]!.filter(([topic, partition]) => targets.get(id)!.get(topic)?.has(partition)),
        )
        assert.equal(kept.length, keepable)
      }),
    )
  })

  test('uniform leaves no two members that could be evened out, whatever they want', () => {
    fc.assert(
      fc.property(cases(false), ({ members, counts }) => {
        const targets = uniform(members, counts)
        const size = (one: AssignorMember) => sizeOf(targets.get(one.id)!)
        for (const from of members) {
          const reached = new Set([from])
          for (const giver of reached) {
            for (const taker of members) {
              if ([...targets.get(giver.id)!.keys()].some((topic) => taker.topicIds.has(topic))) reached.add(taker)
            }
          }
          for (const one of reached) assert.ok(size(from) - size(one) <= 1, JSON.stringify(plain(targets)))
        }
      }),
    )
  })

  test('uniform lets a third member take one from each', () => {
    const before = [['t', [0, 1, 2]]] as const
    const after = [['t', [3, 4, 5]]] as const
    const members = [
      member('a', ['t'], assignmentOf(before)),
      member('b', ['t'], assignmentOf(after)),
      member('c', ['t']),
    ]
    const targets = uniform(members, new Map([['t', 6]]))
    for (const { id, before: had } of members.slice(0, 2)) {
      assert.equal(sizeOf(targets.get(id)!), 2)
      for (const [topic, partition] of partitionsOf(targets.get(id)!)) assert.ok(had.get(topic)!.has(partition))
    }
    assert.equal(sizeOf(targets.get('c')!), 2)
  })

  test('range gives runs, the same numbers of each topic, static members first', () => {
    const counts = new Map([
      ['x', 3],
      ['y', 3],
    ])
    assert.deepEqual(plain(range([member('b', ['x', 'y']), member('a', ['x', 'y'])], counts)), {
      a: { x: [0, 1], y: [0, 1] },
      b: { x: [2], y: [2] },
    })
    assert.deepEqual(plain(range([member('a', ['x', 'y']), member('z', ['x', 'y'], new Map(), 'i')], counts)), {
      a: { x: [2], y: [2] },
      z: { x: [0, 1], y: [0, 1] },
    })
    assert.deepEqual(plain(range([member('a', ['x']), member('b', ['x', 'y'])], counts)), {
      a: { x: [0, 1] },
      b: { x: [2], y: [0, 1, 2] },
    })
  })

  test('more members than partitions leave some with nothing', () => {
    for (const assign of ASSIGNORS.values()) {
      const members = ['a', 'b', 'c'].map((id) => member(id, ['t']))
      const targets = assign(members, new Map([['t', 2]]))
      assert.deepEqual(members.map(({ id }) => sizeOf(targets.get(id)!)).sort(), [0, 1, 1])
      assert.equal(assign([], new Map()).size, 0)
    }
  })
})
