// Whole conversations in Kafka's protocol, plausible and mutated, against a broker in this process under a clock that is
// moved by hand: whatever clients send, nothing fails inside, every request is answered or its connection closed, and
// others are served on.
// usage: node broker/test/fuzz/kafka-session.ts [seconds = 10] [seed]

import { HANDLERS } from '../../src/kafka/handlers.ts'
import { type Field, isPresent } from '../../src/wire/kafka/field.ts'
import { createTopics } from '../../src/wire/kafka/messages/create-topics.ts'
import { metadata } from '../../src/wire/kafka/messages/metadata.ts'
import { type Api, ZERO_UUID } from '../../src/wire/kafka/schema.ts'
import { batchOf } from '../kafka/batches.ts'
import { encodeRequest } from '../kafka/requests.ts'
import { type Peer, World } from '../kafka/world.ts'
import { generator } from './random.ts'

const seconds = Number(process.argv[2] ?? 10)
const seed = Number(process.argv[3] ?? Date.now() % 0x7fffffff)
const random = generator(seed)
const pick = <T>(from: readonly T[]): T => from[random(from.length)]

/** Names that mean something somewhere, so that requests get past the first check. */
const WORDS = [
  't',
  'u',
  'g',
  'h',
  'x',
  'm',
  '',
  '*',
  'guest',
  'User:guest',
  'range',
  'uniform',
  'consumer',
  'PLAIN',
  '1',
]
const MORE_WORDS = [
  'cleanup.policy',
  'compact',
  'retention.ms',
  '-1',
  '1000',
  '__consumer_offsets',
  't-0',
  'kafka-cluster',
]
const NUMBERS = [0, 0, 0, 1, 1, 2, 3, -1, -2, 100, 1000, 30_000, 65_536]
const EDGES = [2 ** 31 - 1, -(2 ** 31), 2 ** 15, 127, 128, 255]
/** Topics, and members and producers as the broker names them. */
let ids: string[] = []
let names: string[] = []
let numbers: number[] = []

/** One of 40 is absurd. */
function number(): number {
  if (random(40) === 0) return pick(EDGES)
  return numbers.length > 0 && random(4) === 0 ? pick(numbers) : pick(NUMBERS)
}

function word(): string {
  if (random(40) === 0) return 'x'.repeat(random(300))
  return names.length > 0 && random(3) === 0 ? pick(names) : pick(random(3) === 0 ? MORE_WORDS : WORDS)
}

function records(): Uint8Array | null {
  if (random(8) === 0) return null
  const isTransactional = random(4) === 0
  const producer = { producerId: number(), producerEpoch: random(3), baseSequence: random(3) }
  const options = random(2) === 0 ? {} : { ...producer, attributes: isTransactional ? 0x10 : 0 }
  const batch = batchOf(Array.from({ length: 1 + random(3) }, word), options, Date.UTC(2026, 0, 1) + random(1000))
  if (random(6) === 0) batch[random(batch.length)] = random(256)
  return random(10) === 0 ? batch.subarray(0, random(batch.length)) : batch
}

function valueFor(field: Field, version: number): unknown {
  if (version >= field.nullable && random(5) === 0) return null
  switch (field.type) {
    case 'boolean':
      return random(2) === 0
    case 'string':
      return word()
    case 'uuid':
      return ids.length > 0 && random(4) !== 0 ? pick(ids) : ZERO_UUID
    case 'bytes':
      return random(3) === 0 ? Buffer.from([0, 0, 0, 0, 0, 1, 0, 1, 0x74, 0, 0, 0, 0]) : Buffer.from(word())
    case 'records':
      return records()
    case 'array':
      return Array.from({ length: random(3) }, () => valueFor(field.item!, version))
    case 'struct':
      return structOf(field.fields!, version)
    default:
      return number()
  }
}

function structOf(fields: Readonly<Record<string, Field>>, version: number): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(fields)) {
    if (isPresent(field, version) && random(20) !== 0) values[name] = valueFor(field, version)
  }
  return values
}

const apis = HANDLERS.map(({ api }) => api)
/** Those that may wait for somebody else as long as they were told to. */
const PATIENT = new Set(['Fetch', 'JoinGroup', 'SyncGroup'])

interface Spoken {
  readonly peer: Peer
  readonly asked: { readonly api: Api; readonly isSilent: boolean }[]
  mutated: boolean
}

function say({ peer, asked, ...spoken }: Spoken): boolean {
  const api = pick(apis)
  const version = api.versionMin + random(api.versionMax - api.versionMin + 1)
  const request = structOf(api.request.fields, version)
  const octets = encodeRequest(api, version, asked.length, request, random(4) === 0 ? null : word())
  asked.push({ api, isSilent: api.name === 'Produce' && (Number(request.acks ?? 0) & 0xffff) === 0 })
  let { mutated } = spoken
  if (random(12) === 0) {
    mutated = true
    for (let hits = 1 + random(3); hits > 0; hits--) octets[random(random(3) === 0 ? 16 : octets.length)] = random(256)
  }
  peer.write(octets)
  return mutated
}

/** What the broker gave names and numbers to is used again. */
function learn(answer: unknown): void {
  if (typeof answer !== 'object' || answer === null || answer instanceof Uint8Array) return
  for (const [name, value] of Object.entries(answer)) {
    if (name === 'topicId' && value !== ZERO_UUID && typeof value === 'string') ids = [value, ...ids].slice(0, 8)
    else if (name === 'memberId' && typeof value === 'string') names = [value, ...names].slice(0, 8)
    else if (/^(generationId|memberEpoch|producerId|sessionId)$/.test(name)) numbers = [value, ...numbers].slice(0, 8)
    else learn(value)
  }
}

function fail(world: World, why: string): never {
  console.error(`seed ${seed}, conversation ${conversations}: ${why}`)
  for (const line of world.bugs().slice(0, 3)) console.error(line)
  process.exit(1)
}

function checkAnswers(world: World, { peer, asked, mutated }: Spoken): void {
  if (mutated || peer.ended) return
  const due = asked.filter(({ isSilent }) => !isSilent)
  const unanswered = due[peer.answers.length]
  if (unanswered !== undefined && !PATIENT.has(unanswered.api.name))
    fail(
      world,
      `no answer to ${unanswered.api.name} of ${asked.map(({ api, isSilent }) => api.name + (isSilent ? '!' : ''))}; ${peer.answers.length} answers`,
    )
}

let conversations = 0
let answers = 0
let closed = 0
let world = await World.open()
for (const until = Date.now() + seconds * 1000; Date.now() < until; ) {
  if (conversations++ % 200 === 0) {
    world = await World.open({ disk: conversations % 400 === 1 ? undefined : world.disk } as object)
    const topics = ['t', 'u'].map((name) => ({ name, numPartitions: 2, replicationFactor: 1 }))
    learn(await world.connect().ask(createTopics, 7, { topics }))
  }
  const spoken: Spoken[] = []
  for (let peers = 1 + random(3); peers > 0; peers--) {
    spoken.push({ peer: world.connect({ sasl: random(10) === 0 }), asked: [], mutated: false })
  }
  for (let left = 1 + random(10); left > 0; left--) {
    const one = pick(spoken)
    if (!one.peer.ended) one.mutated = say(one)
    if (random(2) === 0) await world.settle()
    if (random(6) === 0) await world.pass(random(5000))
  }
  await world.settle()
  await world.pass(60_000)
  for (const one of spoken) {
    checkAnswers(world, one)
    answers += one.peer.answers.length
    if (one.peer.ended) closed++
    one.peer.cut()
  }
  if (world.bugs().length > 0) fail(world, 'something failed inside')
  if (conversations % 10 === 0) learn(await world.connect().ask(metadata, 12, { topics: null }))
}
console.log(
  `kafka session: ${conversations} conversations, ${answers} answers, ${closed} connections closed, the broker stands, seed ${seed}`,
)
