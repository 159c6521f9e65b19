/**
 * Asks Signalbox and Apache Kafka the same things, and shows where they answer differently. Run by hand:
 *
 *   node broker/test/kafka/differential.ts SIGNALBOX-HOST:PORT KAFKA-HOST:PORT
 *
 * Both are to be fresh, with group.initial.rebalance.delay.ms=0. What differs from run to run (ids, ports, times) is left
 * out of the comparison; what differs for a reason is listed in docs/kafka-protocols.md.
 */
import { isDeepStrictEqual } from 'node:util'
import { Client } from './client.ts'
import { type Question, questions, type Said } from './differential-questions.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** Names of fields whose values are each broker's own, if they are there at all. */
const OWN = new Set([
  'clusterId',
  'host',
  'port',
  'throttleTimeMs',
  'topicId',
  'producerId',
  'documentation',
  'brokers',
])
/** Where they begin is each broker's own, too. */
const EPOCHS = new Set(['leaderEpoch', 'memberEpoch', 'groupEpoch', 'assignmentEpoch', 'generationId'])
const MEMBER_ID_REQUIRED = 79
const RETRIED = new Set([14, 15, 16, 51])

function normal(value: unknown, name = ''): Json {
  if (OWN.has(name)) return value === null ? null : `<${name}>`
  if (EPOCHS.has(name) && (value as number) >= 0) return '<epoch>'
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) {
    const items = value.map((item) => normal(item))
    return items.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  }
  if (typeof value === 'string')
    return value.replace(/[\w-]{0,20}[0-9a-f]{8}-[0-9a-f-]{27}|[\w-]{22}(?![\w-])/g, '<id>')
  if (typeof value !== 'object' || value === null) return value as Json
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, normal(inner, key)]))
}

const errorsIn = (text: string): number[] => [...text.matchAll(/"errorCode":(\d+)/g)].map(([, code]) => Number(code))

class Broker {
  readonly said: Said = { memberIds: [], epoch: 0, generation: 0, producerIds: [] }
  private readonly address: string
  private client: Client | null = null

  constructor(address: string) {
    this.address = address
  }

  async ask([, api, version, request]: Question): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      this.client ??= await Client.connect(this.address)
      const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 8000).unref())
      const answer = await Promise.race([
        this.client.ask(api, version, request(this.said) as never).catch((error) => String(error)),
        late,
      ])
      if (answer === null || typeof answer === 'string') {
        this.client.close()
        this.client = null
        return answer === null ? 'the connection ends' : answer
      }
      if (attempt < 20 && errorsIn(JSON.stringify(normal(answer))).some((code) => RETRIED.has(code))) {
        await new Promise((resolve) => setTimeout(resolve, 500))
        continue
      }
      this.note(answer)
      return normal(answer)
    }
  }

  close(): void {
    this.client?.close()
  }

  private note(answer: object): void {
    const { errorCode, memberId, memberEpoch, generationId, producerId, producerEpoch } = answer as Record<
      string,
      never
    >
    if (errorCode !== 0 && errorCode !== MEMBER_ID_REQUIRED) return
    if (typeof generationId === 'number') this.said.generation = generationId
    if (typeof memberEpoch === 'number' && memberEpoch > 0) this.said.epoch = memberEpoch
    if (typeof memberId === 'string' && memberId !== '' && 'leader' in answer) this.said.memberIds.push(memberId)
    if (typeof producerId === 'number' && producerId >= 0) this.said.producerIds.push({ producerId, producerEpoch })
  }
}

/** Where two answers differ, by path. */
function differences(ours: unknown, theirs: unknown, path = ''): string[] {
  if (isDeepStrictEqual(ours, theirs)) return []
  const deep = (value: unknown): value is object => typeof value === 'object' && value !== null
  if (!deep(ours) || !deep(theirs) || (Array.isArray(ours) && (theirs as Json[]).length !== ours.length)) {
    return [`${path}\n    ours   ${JSON.stringify(ours)}\n    theirs ${JSON.stringify(theirs)}`]
  }
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)])
  return [...names].flatMap((name) => differences((ours as never)[name], (theirs as never)[name], `${path}.${name}`))
}

const [ours, theirs] = process.argv.slice(2, 4).map((address) => new Broker(address))
if (ours === undefined || theirs === undefined) throw new Error('two addresses, please')
let different = 0
for (const question of questions) {
  const found = differences(await ours.ask(question), await theirs.ask(question))
  if (found.length === 0) continue
  different++
  console.log(`${question[0]} (${question[1].name})`)
  for (const one of found) console.log(`  ${one}`)
}
console.log(`${questions.length} questions, ${different} answered differently`)
ours.close()
theirs.close()
process.exit(0)
