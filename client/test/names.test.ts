/** Names that programs choose, and names in the broker: no two things have one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Client, DeclareRefused, JobGivenUp, type Stoppable } from '../src/index.ts'
import { startBench } from './core.ts'

/** Of a queue and its job, a pattern and its member. */
type Thing = readonly [kind: string, first: string, second: string]

const uses: Record<string, (box: Client, first: string, second: string) => Promise<unknown>> = {
  job: async (box, queue, job) => {
    await box.queue(queue).add(job, null, { delayMs: 3_600_000 })
    await box.queue(queue).add(job, null, { delayMs: 3_600_000, dedupe: { key: 'k', windowMs: 1 } })
  },
  // Their topics are none of the queues of jobs: of one name the second is refused, see below.
  events: (box, topic, group) => box.topic(`of-${topic}`).subscribe('#', () => {}, { group, from: 'first' }),
  service: (box, service, method) => box.service(service).handle(method, () => null),
  unicast: (box, name, receiver) => box.unicast(name).receive(receiver, () => {}),
  multicast: (box, group, member) => box.multicast(group).join(member, () => {}),
  broadcast: (box, name, as) => box.broadcast(name).listen(() => {}, { as }),
  anycast: (box, group) => box.anycast(group).receive(() => {}),
}

/** Two that divide the same words between first and second name, with words of which names in the broker are made. */
const twoThings = fc
  .array(fc.constantFrom('a', 'b', 'dead', 'again', 'delayed', 'deduplicated', 'cancel'), {
    minLength: 2,
    maxLength: 4,
  })
  .chain((words) => {
    const thing = fc
      .tuple(fc.constantFrom(...Object.keys(uses)), fc.integer({ min: 1, max: words.length - 1 }))
      .map(([kind, end]): Thing => {
        const [first, second] = [words.slice(0, end).join('.'), words.slice(end).join('.')]
        return [kind, first, kind === 'anycast' ? '' : second]
      })
    return fc.tuple(thing, thing)
  })
  .filter(([a, b]) => `${a}` !== `${b}`)

test('different things have different exchanges and queues', async (t) => {
  const { client, core } = await startBench(t)
  let declared = new Set<string>()
  const note = (declare: typeof core.declare): typeof core.declare => {
    return (declarations) => {
      for (const one of declarations) if (one.kind !== 'binding') declared.add(`${one.kind} ${one.name}`)
      return declare.call(core, declarations)
    }
  }
  core.declare = note(core.declare)
  core.declareForConsumer = note(core.declareForConsumer)
  const namesOf = async ([kind, ...names]: Thing): Promise<Set<string>> => {
    declared = new Set()
    const used = (await uses[kind]!(client, ...names)) as Stoppable | undefined
    await used?.stop()
    return declared
  }
  await fc.assert(
    fc.asyncProperty(twoThings, async ([a, b]) => {
      const ofA = await namesOf(a)
      const both = [...(await namesOf(b))].filter((name) => ofA.has(name))
      // Two of one queue, topic or pattern share its exchanges.
      const shared = both.filter((name) => !(isOfOne(a, b) && name.startsWith('exchange ')))
      assert.deepEqual(shared, [])
    }),
    { numRuns: 40 },
  )
})

test('a schedule has no exchange of a job, whatever the two are called', async (t) => {
  const { client } = await startBench(t)
  const queue = client.queue('q')
  for (const name of ['schedule', 'dead', 'delayed']) {
    await queue.add(name, null, { delayMs: 3_600_000 })
    await queue.schedule(name, { everyMs: 3_600_000 }, name, null)
  }
  for (const name of ['schedule', 'dead', 'delayed']) await queue.unschedule(name)
  for (const name of ['schedule', 'dead', 'delayed']) {
    const job = await queue.add(name, null, { ttlMs: 1, awaitResult: true })
    await assert.rejects(job.result(), JobGivenUp)
  }
})

test('a queue of jobs and a topic cannot have one name', async (t) => {
  const { client } = await startBench(t)
  await client.queue('orders').add('work', null)
  await assert.rejects(client.topic('orders').publish('created', null), {
    name: DeclareRefused.name,
    message: /a queue of jobs and a topic cannot have one name/,
  })
})

test('a name that would be two is refused, and says which to take', async (t) => {
  const { client: box } = await startBench(t)
  const wrong = /a (\w+) cannot be named 'a:b': ':' stands between names in the broker. Take another character/
  for (const make of [
    () => box.queue('a:b'),
    () => box.topic('a:b'),
    () => box.service('a:b'),
    () => box.unicast('a:b'),
    () => box.multicast('a:b'),
    () => box.broadcast('a:b'),
    () => box.anycast('a:b'),
    () => box.topic('t').dead('a:b'),
  ]) {
    assert.throws(make, wrong)
  }
  for (const use of [
    () => box.queue('q').add('a:b', null),
    () => box.queue('q').process('a:b', () => {}),
    () => box.queue('q').schedule('a:b', { everyMs: 1000 }, 'work', null),
    () => box.queue('q').unschedule('a:b'),
    () => box.topic('t').subscribe('#', () => {}, { group: 'a:b' }),
    () => box.topic('t').unbind('a:b', '#'),
    () => box.service('s').call('a:b', null),
    () => box.service('s').handle('a:b', () => {}),
    () => box.unicast('u').send('a:b', null),
    () => box.unicast('u').receive('a:b', () => {}),
    () => box.unicast('u').remove('a:b'),
    () => box.multicast('m').join('a:b', () => {}),
    () => box.multicast('m').leave('a:b'),
    () => box.broadcast('b').listen(() => {}, { as: 'a:b' }),
    () => box.broadcast('b').leave('a:b'),
  ]) {
    await assert.rejects(use(), wrong)
  }
  for (const kind of ['unicast', 'service', 'mailbox']) {
    assert.throws(() => box.queue(kind), /begin names of others/)
    assert.throws(() => box.topic(kind), /begin names of others/)
  }
  assert.throws(() => box.queue(''), /the name of a queue must be a text, and not empty/)
})

const isOfOne = (a: Thing, b: Thing): boolean => a[0] === b[0] && a[1] === b[1]
