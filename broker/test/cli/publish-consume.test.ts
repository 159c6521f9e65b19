/** Publishing, taking, looking and asking from the command line, with amqplib and kafkajs on the other side. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import amqplib, { type ConfirmChannel } from 'amqplib'
import { Kafka, logLevel } from 'kafkajs'
import { command, follow, type RunningBroker, startBroker } from './command.ts'
import { temporaryFolder } from './process.ts'

let broker: RunningBroker
let channel: ConfirmChannel
const ends: (() => void)[] = []

before(async () => {
  broker = await startBroker({ after: (task) => void ends.push(task as () => void) })
  const connection = await amqplib.connect(`amqp://127.0.0.1:${await broker.program.port()}`)
  ends.unshift(() => void connection.close().catch(() => {}))
  channel = await connection.createConfirmChannel()
})
after(async () => {
  for (const end of ends) await end()
})

const withUrl = (...args: string[]): string[] => [...args, '--url', broker.url]

async function queueWith(name: string, ...bodies: (string | Buffer)[]): Promise<string> {
  await channel.assertQueue(name)
  for (const body of bodies) channel.sendToQueue(name, Buffer.from(body as string), { persistent: true })
  await channel.waitForConfirms()
  return name
}

async function bodiesIn(queue: string): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    const message = await channel.get(queue, { noAck: true })
    if (message === false) return bodies
    bodies.push(message.content.toString())
  }
}

describe('publish', () => {
  it('sends a payload with headers and properties', async () => {
    await queueWith('q1')
    const said = await broker.run(
      'publish',
      '{"n":1}',
      '-q',
      'q1',
      '-H',
      'tries=3',
      '-H',
      'from=cli',
      '-P',
      'message_id=7',
    )
    assert.equal(said, 'published 1 message\n')
    const message = await channel.get('q1', { noAck: true })
    assert.ok(message)
    assert.equal(message.content.toString(), '{"n":1}')
    const { headers, messageId, contentType, deliveryMode } = message.properties
    assert.deepEqual({ ...headers }, { tries: 3, from: 'cli' })
    assert.deepEqual([messageId, contentType, deliveryMode], ['7', 'application/json', 2])
  })

  it('sends each line of stdin, in batches and in order', async () => {
    await queueWith('q2')
    const lines = Array.from({ length: 1234 }, (_, n) => `line ${n}`)
    const said = await command(withUrl('publish', '--lines', '-q', 'q2', '--batch', '100'), {}, lines.join('\n'))
    assert.deepEqual([said.code, said.stdout], [0, 'published 1,234 messages\n'])
    assert.deepEqual(await bodiesIn('q2'), lines)
  })

  it('sends octets as they are, and what stdin has as a whole', async (test) => {
    await queueWith('q3')
    const file = join(temporaryFolder(test), 'picture')
    writeFileSync(file, Uint8Array.of(0xff, 0, 10, 1))
    await broker.run('publish', '--file', file, '-q', 'q3')
    const message = await channel.get('q3', { noAck: true })
    assert.deepEqual([...(message as { content: Buffer }).content], [0xff, 0, 10, 1])
    assert.equal((await command(withUrl('publish', '-q', 'q3'), {}, 'two\nlines\n')).code, 0)
    assert.deepEqual(await bodiesIn('q3'), ['two\nlines\n'])
  })

  it('sends records with keys to a topic, which Kafka clients read', async (test) => {
    const connect = new Kafka({
      brokers: [`127.0.0.1:${await broker.program.port('kafka')}`],
      logLevel: logLevel.NOTHING,
    })
    const admin = connect.admin()
    test.after(() => admin.disconnect())
    await admin.createTopics({ topics: [{ topic: 'visits', numPartitions: 2 }] })
    const input = 'anna:{"page":"/"}\nbert:x:y\nno key\n'
    const args = withUrl('publish', '--lines', '-t', 'visits', '--key-separator', ':', '-H', 'from=web', '--json')
    const { stdout } = await command(args, {}, input)
    assert.deepEqual(JSON.parse(stdout), { published: 3, unrouted: 0, failed: [] })
    const consumer = connect.consumer({ groupId: 'g' })
    test.after(() => consumer.disconnect())
    await consumer.subscribe({ topic: 'visits', fromBeginning: true })
    const seen: string[] = []
    await new Promise<void>((resolve) => {
      void consumer.run({
        eachMessage: async ({ message }) => {
          seen.push(`${message.key} ${message.value} ${message.headers!.from}`)
          if (seen.length === 3) resolve()
        },
      })
    })
    assert.deepEqual(seen.sort(), ['anna {"page":"/"} web', 'bert x:y web', 'null no key web'])
  })

  it('tells what nothing took, and fails where it must not be so', async () => {
    assert.equal(
      await broker.run('publish', 'x', '-x', 'amq.direct', '-k', 'none'),
      'published 1 message; nothing took it\n',
    )
    const mandatory = ['publish', 'x', '-x', 'amq.direct', '-k', 'none', '--mandatory']
    assert.equal(await broker.fails(1, ...mandatory), 'signalbox: no queue or topic takes the message\n')
    await queueWith('q4')
    const mixed = await command(
      withUrl('publish', '--lines', '-x', 'amq.default', '--key-separator', ' ', '--mandatory', '--json'),
      {},
      'q4 a\nnone b\nq4 c\n',
    )
    assert.equal(mixed.code, 1)
    const { published, failed } = JSON.parse(mixed.stdout)
    assert.deepEqual([published, failed.length, failed[0].number, failed[0].error], [2, 1, 2, 'unroutable'])
    assert.match(mixed.stderr, /message 2: unroutable: .*\nsignalbox: 1 of 3 messages were not published/)
    assert.deepEqual(await bodiesIn('q4'), ['a', 'c'])
  })

  it('is refused what makes no sense', async () => {
    assert.match(await broker.fails(2, 'publish', 'x'), /one of --queue, --exchange and --topic is needed/)
    assert.match(await broker.fails(2, 'publish', 'x', '-q', 'a', '-x', 'b'), /one of --queue, --exchange/)
    assert.match(await broker.fails(2, 'publish', 'x', '-t', 'a', '-q', 'b'), /one of --queue, --exchange and --topic/)
    assert.match(await broker.fails(2, 'publish', 'x', '-q', 'a', '-P', 'nonsense=1'), /properties are content_type/)
    assert.match(await broker.fails(2, 'publish', 'x', '-q', 'a', '-P', 'priority=high'), /A whole number is needed/)
    assert.match(await broker.fails(1, 'publish', '--file', '/nowhere', '-q', 'a'), /\/nowhere cannot be read: ENOENT/)
  })

  it('sends what is there when no more comes, and ends while it waits', async () => {
    await queueWith('q6')
    const running = follow(withUrl('publish', '--lines', '-q', 'q6'))
    running.write('one\ntwo\nthr')
    await until(
      () => channel.checkQueue('q6'),
      ({ messageCount }) => messageCount === 2,
    )
    running.interrupt()
    const { code, stderr } = await running.finished
    assert.deepEqual([code, stderr], [1, 'signalbox: interrupted after 2 messages\n'])
    assert.deepEqual(await bodiesIn('q6'), ['one', 'two'])
    const whole = follow(withUrl('publish', '-q', 'q6'))
    await whole.write('x'.repeat(4 << 20))
    whole.interrupt()
    assert.deepEqual(await whole.finished, { code: 1, stdout: '', stderr: 'signalbox: interrupted\n' })
  })

  it('finishes the batch that is under way when it is interrupted', async () => {
    await queueWith('q5')
    const running = follow(withUrl('publish', '--lines', '-q', 'q5', '--batch', '1'))
    running.write('one\ntwo\n')
    const { messages } = await until(
      () => channel.checkQueue('q5'),
      ({ messageCount }) => messageCount === 2,
    ).then(({ messageCount }) => ({ messages: messageCount }))
    running.interrupt()
    const { code, stderr } = await running.finished
    assert.deepEqual([code, messages], [1, 2])
    assert.match(stderr, /interrupted/)
    assert.deepEqual(await bodiesIn('q5'), ['one', 'two'])
  })
})

async function until<T>(ask: () => PromiseLike<T>, isIt: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask()
    if (isIt(value)) return value
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe('consume', () => {
  it('takes what is there and ends', async () => {
    const queue = await queueWith('c1', 'a', 'b', '{ "n": 1.0 }')
    assert.equal(await broker.run('consume', queue, '--raw'), 'a\nb\n{ "n": 1.0 }\n')
    assert.equal((await channel.checkQueue(queue)).messageCount, 0)
    assert.equal(await broker.run('consume', queue), '')
  })

  it('takes no more than it is asked to', async () => {
    const queue = await queueWith('c2', 'a', 'b', 'c')
    const [first, second] = (await broker.run('consume', queue, '-n', '2', '--json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual([first.payload, second.payload, first.lease], ['a', 'b', undefined])
    assert.deepEqual(await bodiesIn(queue), ['c'])
  })

  it('shows who sent what, and nothing that steers a terminal', async () => {
    const queue = await queueWith('c3', 'red \u001b[31m')
    const said = await broker.run('consume', queue)
    assert.match(said, /^\(default exchange\) → c3 · 9 B\n {2}delivery_mode: 2\n {2}red \ufffd\[31m\n$/)
    await queueWith('c3', '{ "a b": [] }', '{"n":1.0}')
    const two = await broker.run('consume', queue)
    assert.ok(two.includes('\n  {\n    "a b": []\n  }\n'), two)
    assert.ok(two.includes('\n  {"n":1.0}\n'), two)
  })

  it('follows a queue until it is interrupted, and has acknowledged what it printed', async () => {
    const queue = await queueWith('c4', 'first')
    const running = follow(withUrl('consume', queue, '--follow', '--raw'))
    await running.prints('first\n')
    channel.sendToQueue(queue, Buffer.from('second'))
    await running.prints('second\n')
    running.interrupt()
    assert.deepEqual(await running.finished, { code: 0, stdout: 'first\nsecond\n', stderr: '' })
    const left = await broker.json('queues', 'show', queue)
    assert.equal(left.messages, 0)
  })

  it('that is killed has acknowledged nothing that it had not printed', async () => {
    const count = 3000
    const queue = await queueWith('c9', ...Array.from({ length: count }, (_, n) => `m${n}`))
    const running = follow(withUrl('consume', queue, '--follow', '--raw'))
    await running.prints('m500\n')
    running.kill()
    const { stdout } = await running.finished
    const { messages } = await broker.json('queues', 'show', queue)
    const printed = stdout.split('\n').length - 1
    assert.ok(messages >= count - printed, `${messages} left of ${count}, ${printed} printed`)
    assert.ok(messages < count, 'nothing was acknowledged')
  })

  it('ends after so many messages that come', async () => {
    const queue = await queueWith('c5')
    const running = follow(withUrl('consume', queue, '--follow', '--raw', '-n', '5'))
    for (let n = 0; n < 5; n++) channel.sendToQueue(queue, Buffer.from(`m${n}`))
    assert.deepEqual(await running.finished, { code: 0, stdout: 'm0\nm1\nm2\nm3\nm4\n', stderr: '' })
  })

  it('settles first where it need not be safe', async () => {
    const queue = await queueWith('c6', 'a')
    assert.equal(await broker.run('consume', queue, '--no-ack', '--raw'), 'a\n')
    assert.equal((await channel.checkQueue(queue)).messageCount, 0)
  })

  it('gives back what its reader does not want any more', async () => {
    const queue = await queueWith('c8', 'a', 'b')
    const running = follow(withUrl('consume', queue, '--follow', '--raw'))
    await running.prints('a\nb\n')
    running.hangUp()
    await queueWith(queue, 'c')
    assert.deepEqual(await running.finished, { code: 0, stdout: 'a\nb\n', stderr: '' })
    assert.deepEqual(await bodiesIn(queue), ['c'])
  })

  it('with --peek leaves all where it is', async () => {
    const queue = await queueWith('c7', 'a', 'b')
    assert.equal(await broker.run('consume', queue, '--peek', '--raw'), 'a\nb\n')
    const message = await channel.get(queue, { noAck: true })
    assert.equal((message as { fields: { redelivered: boolean } }).fields.redelivered, false)
    assert.match(await broker.fails(2, 'consume', queue, '--peek', '--follow'), /nothing to --follow/)
  })

  it('says what is not there', async () => {
    assert.match(await broker.fails(1, 'consume', 'none'), /no queue 'none' in vhost '\/'/)
  })
})

describe('peek', () => {
  it('finds by text, header and key, wherever it stands', async () => {
    const queue = await queueWith('p1', ...Array.from({ length: 300 }, (_, n) => `m${n}.`))
    channel.sendToQueue(queue, Buffer.from('special'), { headers: { kind: 'odd' } })
    await channel.waitForConfirms()
    assert.equal(await broker.run('peek', queue, '--text', 'm257.', '--raw'), 'm257.\n')
    assert.equal(await broker.run('peek', queue, '--header', 'kind=odd', '--raw'), 'special\n')
    assert.equal((await broker.run('peek', queue, '--raw', '-n', '250')).split('\n').length, 251)
    const found = await command(withUrl('peek', queue, '--text', 'nowhere'))
    assert.deepEqual(found, { code: 0, stdout: '', stderr: 'nothing found\n' })
    const one = await broker.json('peek', queue, '-n', '1')
    assert.deepEqual([one.payload, one.state, one.place], ['m0.', 'ready', 0])
    assert.equal((await channel.checkQueue(queue)).messageCount, 301)
  })
})

describe('call', () => {
  it('prints the reply of whoever works on the queue', async () => {
    await queueWith('prices')
    await channel.consume(
      'prices',
      (request) => {
        const { replyTo, correlationId } = request!.properties
        const price = { price: Number(request!.content) * 2 }
        const options = { correlationId, contentType: 'application/json' }
        channel.sendToQueue(replyTo, Buffer.from(JSON.stringify(price)), options)
      },
      { noAck: true },
    )
    assert.equal(await broker.run('call', '21', '-q', 'prices', '--raw'), '{"price":42}')
    assert.equal(await broker.run('call', '1', '-q', 'prices'), '{\n  "price": 2\n}\n')
    assert.deepEqual((await broker.json('call', '4', '-x', 'amq.default', '-k', 'prices')).payload, { price: 8 })
  })

  it('gives up in time, and at once where nobody can answer', async () => {
    await queueWith('deaf')
    assert.equal(
      await broker.fails(1, 'call', 'x', '-q', 'deaf', '--timeout', '100ms'),
      'signalbox: no reply within 100 ms\n',
    )
    assert.match(await broker.fails(1, 'call', 'x', '-q', 'none'), /no queue or topic takes the message/)
    assert.match(await broker.fails(2, 'call', 'x', '-q', 'deaf', '--timeout', '5'), /A duration is written as/)
    assert.match(await broker.fails(2, 'call', 'x', '-q', 'deaf', '--timeout', '2m'), /at most a minute/)
  })
})
