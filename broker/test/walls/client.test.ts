/** Which room of the client may import from which; and that it knows nothing of the broker but its name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientSources, importsOf, target } from './sources.ts'

/** A room imports from those above it in this list, and from itself. Those of one line do not know each other. */
const FLOORS = [
  ['errors.ts'],
  ['message'],
  ['telemetry'],
  ['connection'],
  ['core.ts', 'stoppable.ts'],
  ['receiving'],
  ['mailbox.ts', 'postgres'],
  ['jobs', 'rpc', 'events', 'patterns'],
  ['client.ts'],
  ['connect.ts'],
  ['index.ts'],
]

/** Whatever else it is built on; the last of them in one file, whose users have it. */
const PACKAGES = ['amqplib', '@standard-schema/spec', '@opentelemetry/api']

const roomOf = (path: string): string => path.split('/')[2]!
const floorOf = (path: string): number => FLOORS.findIndex((rooms) => rooms.includes(roomOf(path)))

test('rooms of the client import from lower floors', () => {
  let seen = 0
  for (const source of clientSources) {
    assert.notEqual(floorOf(source.path), -1, `${source.path} is in no room`)
    for (const { specifier, line } of importsOf(source)) {
      const to = target(source, specifier)
      if (to === undefined || roomOf(to) === roomOf(source.path)) continue
      seen++
      assert.ok(to.startsWith('client/src/'), `${source.path}:${line} leaves the client: ${to}`)
      assert.ok(floorOf(to) < floorOf(source.path), `${source.path}:${line}: ${roomOf(source.path)} → ${roomOf(to)}`)
    }
  }
  assert.ok(seen > 20, `saw ${seen} imports between rooms`)
})

test('the client is built on few packages, and not on the broker', () => {
  const others = clientSources.flatMap((source) =>
    importsOf(source)
      .map(({ specifier }) => specifier)
      .filter((specifier) => !/^[.]|^node:/.test(specifier) && !PACKAGES.includes(specifier))
      .map((specifier) => `${source.path}: ${specifier}`),
  )
  assert.deepEqual(others, [])
})
