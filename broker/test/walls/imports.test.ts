/**
 * Which room may import from which, and why. Whatever is not in this table fails; so does a line that nobody needs.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brokerSources, importsOf, target } from './sources.ts'

const FLOOR: Record<string, number> = {
  base: 1,
  record: 2,
  'wire/amqp': 2,
  'wire/kafka': 2,
  net: 2,
  config: 2,
  log: 3,
  broker: 4,
  amqp: 5,
  kafka: 5,
  http: 5,
  'server.ts': 6,
  cli: 7,
  'main.ts': 8,
  'index.ts': 8,
}

/** [room, what it imports from, why]. */
const EDGES: [from: string, to: string, why: string][] = [
  ['record', 'base', 'record batches carry a CRC-32C'],
  ['wire/amqp', 'base', 'a codec reads and writes bytes'],
  ['wire/kafka', 'base', 'a codec reads and writes bytes'],
  ['net', 'base', 'a socket is pumped once per turn and timed by the clock'],
  ['config', 'base', 'the levels of the diagnostics are a setting'],
  ['log', 'base', 'the journal works through the doors to disk and clock'],
  ['log', 'record', 'a segment holds record batches'],
  ['broker', 'base', 'names, time and diagnostics'],
  ['broker', 'log', 'a queue is a log with a ledger'],
  ['broker', 'record', 'a message on its way is a draft or a view of a record'],
  ['amqp', 'base', 'deadlines and server-made names'],
  ['amqp', 'wire/amqp', 'a session speaks frames'],
  ['amqp', 'net', "a session writes into its connection's output"],
  ['amqp', 'broker', 'a session acts on exchanges and queues'],
  ['amqp', 'record', 'what it receives becomes a draft, what it delivers is a view'],
  ['kafka', 'base', 'deadlines, and who waits for a turn'],
  ['kafka', 'wire/kafka', 'a session speaks requests and responses'],
  ['kafka', 'net', "a session writes into its connection's output"],
  ['kafka', 'broker', 'a handler acts on topics, groups and transactions'],
  ['http', 'base', 'deadlines, and time for samples'],
  ['http', 'broker', 'a resource shows and changes what the broker has'],
  ['http', 'record', 'what is published becomes a draft, what is received is a view'],
  ['server.ts', 'base', 'opens the doors'],
  ['server.ts', 'config', 'takes the settings as they are described'],
  ['server.ts', 'net', 'opens the listeners'],
  ['server.ts', 'log', 'opens the log engine'],
  ['server.ts', 'broker', 'builds the vhosts'],
  ['server.ts', 'amqp', 'gives each connection a session'],
  ['server.ts', 'kafka', 'gives each connection a session'],
  ['server.ts', 'http', 'opens the port of the API and the console'],
  ['cli', 'base', 'diagnostics go to stderr'],
  ['cli', 'config', 'flags, environment and file become settings'],
  ['cli', 'server.ts', 'starts and stops it'],
  ['cli', 'record', 'a load of Kafka is compressed as its records are'],
  ['cli', 'log', 'the doctor looks at the files of a broker that does not run'],
  ['main.ts', 'cli', 'the program is the command line'],
  ['index.ts', 'base', 'diagnostics go to stderr'],
  ['index.ts', 'config', 'options are settings'],
  ['index.ts', 'cli', 'tells its version'],
  ['index.ts', 'server.ts', 'starts and stops it'],
]

/** `broker/src/wire/amqp/frame.ts` is in room `wire/amqp`, `broker/src/server.ts` is a room of its own. */
function roomOf(path: string): string {
  const inner = path.replace('broker/src/', '')
  return Object.keys(FLOOR).find((room) => inner === room || inner.startsWith(`${room}/`)) ?? inner
}

const crossings = brokerSources.flatMap((source) =>
  importsOf(source).flatMap(({ specifier, line }) => {
    const to = target(source, specifier)
    const rooms = to && ([roomOf(source.path), roomOf(to)] as const)
    return rooms && rooms[0] !== rooms[1] ? [{ place: `${source.path}:${line}`, from: rooms[0], to: rooms[1] }] : []
  }),
)

describe('rooms', () => {
  it('hold every source file', () => {
    const homeless = brokerSources.filter(({ path }) => FLOOR[roomOf(path)] === undefined).map(({ path }) => path)
    assert.deepEqual(homeless, [])
  })

  it('are joined only as the table says', () => {
    assert.ok(crossings.length > 10, `saw ${crossings.length} crossings`)
    const allowed = new Set(EDGES.map(([from, to]) => `${from} → ${to}`))
    const others = crossings.filter(({ from, to }) => !allowed.has(`${from} → ${to}`))
    assert.deepEqual(
      others.map(({ place, from, to }) => `${place}: ${from} → ${to}`),
      [],
    )
  })

  it('need every line of the table', () => {
    const used = new Set(crossings.map(({ from, to }) => `${from} → ${to}`))
    const unused = EDGES.map(([from, to]) => `${from} → ${to}`).filter((edge) => !used.has(edge))
    assert.deepEqual(unused, [])
  })

  it('import from lower floors only', () => {
    for (const [from, to] of EDGES) assert.ok(FLOOR[from]! > FLOOR[to]!, `${from} → ${to}`)
  })

  it('leave codecs pure: of base they know bytes and assertions only', () => {
    const impure = brokerSources
      .filter(({ path }) => path.startsWith('broker/src/wire/'))
      .flatMap((source) => importsOf(source).map(({ specifier }) => target(source, specifier) ?? specifier))
      .filter((to) => !/^broker\/src\/(wire\/|base\/(bytes|assert)\.ts$)/.test(to))
    assert.deepEqual(impure, [])
  })

  it('state a reason on every line', () => {
    for (const [from, to, why] of EDGES) assert.ok(why.split(' ').length > 2, `${from} → ${to}`)
  })
})

describe('packages', () => {
  /** Who may know of a package; what is in no list is for anybody. */
  const ONLY_IN: Record<string, string[]> = {
    'node:net': ['net', 'http'],
    'node:tls': ['net'],
    commander: ['cli'],
    'cli-progress': ['cli'],
    amqplib: ['cli'],
    kafkajs: ['cli'],
    yaml: ['config'],
    zod: ['config', 'broker', 'http'],
    hono: ['http'],
    jose: ['http'],
    'prom-client': ['http'],
    'node:http': ['http', 'cli'],
    pino: ['base'],
    '@node-rs/crc32': ['base'],
    'node:sqlite': ['base'],
  }
  it('stay in the rooms that own them', () => {
    const strays = brokerSources.flatMap((source) =>
      importsOf(source)
        .filter(({ specifier }) => ONLY_IN[specifier] && !ONLY_IN[specifier].includes(roomOf(source.path)))
        .map(({ specifier, line }) => `${source.path}:${line} imports ${specifier}`),
    )
    assert.deepEqual(strays, [])
  })
})
