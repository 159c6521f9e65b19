/** kill -9 while programs without a client publish, receive, acknowledge, move, redrive and replay by HTTP. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { BrokerProcess } from './broker-process.ts'
import { drain } from './numbered-load.ts'
import { RestClient, RestPublisher, RestReceiver, RestReplayer, untilGone } from './rest-load.ts'

const HTTP = ['--http-port', '0']
/** Taken out in one call. */
const MOVED = 30
const PAUSE_MS = 40

/**
 * What was answered holds: what was published is somewhere, what was acknowledged does not come again, what comes again
 * is marked, and what was moved, redriven or replayed is where it was to go.
 */
export async function killUnderRest(dataDir: string, rounds: number, flags: readonly string[] = []): Promise<string> {
  const publishers = [new RestPublisher('a'), new RestPublisher('b')]
  const writer = new RestPublisher('topic')
  const receiver = new RestReceiver()
  const replayer = new RestReplayer()
  let calls = 0
  const confirmed = () => publishers.flatMap((publisher) => [...publisher.confirmed])
  for (let round = 0; round < rounds; round++) {
    const broker = await BrokerProcess.start(dataDir, [...HTTP, ...flags])
    const client = new RestClient(broker.http)
    await declare(client)
    const carry = (path: string, body: object) => async () => {
      await sleep(PAUSE_MS)
      if ((await client.ask('POST', `/api/queues/%2F/${path}`, { ...body, limit: MOVED })) !== null) calls++
    }
    const running = Promise.all([
      ...publishers.map((publisher) => untilGone(() => publisher.publish(client, 'work'))),
      untilGone(() => writer.write(client, 'log')),
      ...Array.from({ length: 3 }, () => untilGone(() => receiver.receive(client, 'work', round === 0))),
      untilGone(carry('work/move', { to: { queue: 'moved' } })),
      untilGone(carry('dead/redrive', { history: 'cleared' })),
      untilGone(() => replayer.replay(client, 'log', 'replayed')),
    ])
    running.catch(() => {})
    // A slow machine gets the time it needs.
    while (confirmed().length < (round + 1) * 100 || receiver.acked.size < (round + 1) * 50 || calls <= round) {
      await sleep(20)
    }
    await sleep(200 + Math.random() * 800)
    await broker.kill()
    await running
  }
  const broker = await BrokerProcess.start(dataDir, [...HTTP, ...flags])
  const names = async (queue: string) => {
    return (await drain(broker.url, queue)).map((message) => ({
      ...message,
      name: `${message.publisher}:${message.number}`,
    }))
  }
  const left = await names('work')
  for (const { name, redelivered } of left.filter((message) => !receiver.rejected.has(message.name))) {
    assert.ok(!receiver.acked.has(name), `${name} was acked, which was answered, and is still there`)
    assert.ok(redelivered || !receiver.delivered.has(name), `${name} is not marked redelivered`)
  }
  const elsewhere = [...(await names('moved')), ...(await names('dead'))]
  const somewhere = new Set([...receiver.asked, ...[...left, ...elsewhere].map(({ name }) => name)])
  assert.deepEqual(missing(confirmed(), somewhere), [], 'published, which was answered, and lost')
  const replayed = new Set((await names('replayed')).map(({ name }) => name))
  const { records, next_offset } = await everything(new RestClient(broker.http))
  assert.deepEqual(missing([...writer.confirmed], records), [], 'written, which was answered, and lost')
  assert.ok(replayer.copiedBelow <= next_offset)
  const copied = [...records].slice(0, replayer.copiedBelow)
  assert.deepEqual(missing(copied, replayed), [], 'replayed, which was answered, and lost')
  assert.equal(await broker.stop(), 0)
  return (
    `${rounds} rounds, ${confirmed().length} published, ${receiver.acked.size} acked, ${receiver.again} delivered again, ` +
    `${elsewhere.length} moved or dead, ${copied.length} of ${records.size} records replayed`
  )
}

function missing(names: readonly string[], from: ReadonlySet<string>): string[] {
  return names.filter((name) => !from.has(name))
}

async function declare(client: RestClient): Promise<void> {
  const toDead = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' }
  for (const queue of ['work', 'moved', 'dead', 'replayed']) {
    const body = { durable: true, arguments: queue === 'work' ? toDead : {} }
    assert.ok(await client.ask('PUT', `/api/queues/%2F/${queue}`, body))
  }
  if ((await client.ask('GET', '/api/topics/%2F/log')) !== null) return
  assert.ok(await client.ask('PUT', '/api/topics/%2F/log', { partitions: 1, configs: { durability: 'synced' } }))
}

/** All records of the topic, in their order. */
async function everything(client: RestClient): Promise<{ records: Set<string>; next_offset: number }> {
  const records = new Set<string>()
  let offset = 0
  for (;;) {
    const page = await client.ask('GET', `/v1/vhosts/%2F/topics/log/partitions/0/records?offset=${offset}&limit=1000`)
    for (const { value } of page.records) records.add(value.split(':', 2).join(':'))
    if (page.next_offset === offset) return { records, next_offset: offset }
    offset = page.next_offset
  }
}
