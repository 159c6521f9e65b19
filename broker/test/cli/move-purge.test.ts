/** Moving, redriving and throwing away from the command line. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import amqplib, { type ConfirmChannel } from 'amqplib'
import { follow, type RunningBroker, startBroker } from './command.ts'
import { printedBy, terminals } from './terminals.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')

let broker: RunningBroker
let channel: ConfirmChannel
const ends: (() => unknown)[] = []

before(async () => {
  broker = await startBroker({ after: (task) => void ends.push(task as () => void) })
  const connection = await amqplib.connect(`amqp://127.0.0.1:${await broker.program.port()}`)
  ends.unshift(() => connection.close().catch(() => {}))
  channel = await connection.createConfirmChannel()
})
after(async () => {
  for (const end of ends) await end()
})

async function fill(queue: string, count: number, options: object = {}): Promise<void> {
  await channel.assertQueue(queue, options)
  for (let n = 0; n < count; n++) channel.sendToQueue(queue, Buffer.from(`m${n}`), { headers: { odd: n % 2 === 1 } })
  await channel.waitForConfirms()
}

const countOf = async (queue: string): Promise<number> => (await channel.checkQueue(queue)).messageCount

async function bodiesIn(queue: string): Promise<string[]> {
  const bodies: string[] = []
  for (;;) {
    const message = await channel.get(queue, { noAck: true })
    if (message === false) return bodies
    bodies.push(message.content.toString())
  }
}

const bodies = (...numbers: number[]): string[] => numbers.map((n) => `m${n}`)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe('move', () => {
  it('takes all, page by page, in their order', async () => {
    await fill('from', 2500)
    await channel.assertQueue('to')
    assert.deepEqual(await broker.json('move', 'from', '--to-queue', 'to'), { moved: 2500, stayed: 0 })
    assert.deepEqual(await bodiesIn('to'), bodies(...upTo(2500)))
    assert.equal(await countOf('from'), 0)
  })

  it('takes those that are searched for, and so many', async () => {
    await fill('some', 2400)
    await channel.assertQueue('chosen')
    const search = ['move', 'some', '--to-queue', 'chosen', '--header', 'odd=true']
    assert.equal(await broker.run(...search, '--limit', '1100'), 'moved 1,100 messages\n')
    assert.deepEqual(await bodiesIn('chosen'), bodies(...upTo(1100).map((n) => 2 * n + 1)))
    assert.equal(await broker.run(...search), 'moved 100 messages\n')
    assert.equal(await broker.run('move', 'some', '--to-queue', 'chosen', '--limit', '3'), 'moved 3 messages\n')
    assert.deepEqual((await bodiesIn('chosen')).slice(-3), bodies(0, 2, 4))
  })

  it('brings the front of a queue to its end', async () => {
    await fill('ring', 1500)
    assert.equal(await broker.run('move', 'ring', '--to-queue', 'ring', '--limit', '1200'), 'moved 1,200 messages\n')
    const numbers = upTo(1500)
    assert.deepEqual(await bodiesIn('ring'), bodies(...numbers.slice(1200), ...numbers.slice(0, 1200)))
    await fill('ring', 1500)
    assert.equal(await broker.run('move', 'ring', '--to-queue', 'ring'), 'moved 1,500 messages\n')
    assert.deepEqual(await bodiesIn('ring'), bodies(...numbers))
  })

  it('goes through an exchange with a key, and leaves what nothing takes', async () => {
    await fill('through', 2)
    await channel.assertQueue('bound')
    await channel.bindQueue('bound', 'amq.direct', 'k')
    const said = await broker.run('move', 'through', '--to-exchange', 'amq.direct')
    assert.equal(said, 'moved 0 messages; 2 stayed, because nothing took them\n')
    assert.equal(
      await broker.run('move', 'through', '--to-exchange', 'amq.direct', '--to-key', 'k'),
      'moved 2 messages\n',
    )
    assert.deepEqual(await bodiesIn('bound'), bodies(0, 1))
  })

  it('ends between two pages when it is interrupted, and has lost nothing', async () => {
    const count = 30_000
    await fill('much', count)
    await channel.assertQueue('part')
    const running = follow(['move', 'much', '--to-queue', 'part', '--url', broker.url])
    while ((await countOf('part')) === 0);
    running.interrupt()
    const { code, stdout, stderr } = await running.finished
    const moved = Number(stdout.replace(/\D/g, ''))
    assert.deepEqual([await countOf('part'), await countOf('much')], [moved, count - moved])
    assert.deepEqual([code, stderr], [1, 'signalbox: interrupted: the rest is where it was\n'])
  })

  it('is refused without a place to go', async () => {
    await fill('stays', 1)
    assert.match(await broker.fails(2, 'move', 'stays'), /one of --to-queue and --to-exchange is needed/)
    assert.match(await broker.fails(1, 'move', 'stays', '--to-queue', 'none'), /no queue 'none'/)
    assert.match(await broker.fails(1, 'move', 'none', '--to-queue', 'stays'), /queue none/)
  })
})

describe('redrive', () => {
  const dying = { arguments: { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': 'dead' } }
  async function die(count: number): Promise<void> {
    await channel.assertQueue('dead')
    await fill('work', count, dying)
    for (let n = 0; n < count; n++) channel.nack((await channel.get('work')) as amqplib.GetMessage, false, false)
    while ((await countOf('dead')) < count) await new Promise((resolve) => setTimeout(resolve, 20))
  }

  it('sends dead letters back to where they died', async () => {
    await die(3)
    assert.equal(await broker.run('redrive', 'dead', '--limit', '1'), 'redrove 1 message\n')
    assert.deepEqual(await broker.json('redrive', 'dead', '--header', 'odd=true'), { moved: 1, stayed: 0 })
    assert.deepEqual([await countOf('dead'), await bodiesIn('work')], [1, bodies(0, 1)])
    await broker.run(
      'redrive',
      'dead',
      '--set-header',
      'tries=1',
      '--remove-header',
      'odd',
      '--clear-history',
      '--set-payload',
      'new',
    )
    const message = (await channel.get('work', { noAck: true })) as amqplib.GetMessage
    assert.deepEqual([message.content.toString(), { ...message.properties.headers }], ['new', { tries: 1 }])
  })

  it('leaves what has no past', async () => {
    await fill('fresh', 2)
    assert.equal(
      await broker.run('redrive', 'fresh'),
      'redrove 0 messages; 2 stayed, because they have nowhere to go\n',
    )
  })
})

/** Ctrl-D and Ctrl-C. */
const END = '\u0004'
const INTERRUPT = '\u0003'

describe('purge', () => {
  it('wants to be told that it is meant', async () => {
    await fill('full', 3)
    assert.match(await broker.fails(2, 'purge', 'full'), /this cannot be taken back: say --yes/)
    assert.equal(await countOf('full'), 3)
    assert.equal(await broker.run('purge', 'full', '--yes'), 'purged full: 3 messages\n')
    assert.equal(await countOf('full'), 0)
    assert.match(await broker.fails(1, 'purge', 'none', '--yes'), /queue none/)
  })

  for (const { kind, skip, start } of terminals) {
    it(`asks on ${kind}`, { skip }, async () => {
      await fill('asked', 2)
      const answered = async (answer: string): Promise<string> => {
        const child = start([MAIN, 'purge', 'asked', '--url', broker.url])
        const printed = printedBy(child)
        let question = ''
        child.stdout!.on('data', (chunk) => {
          if (!question.includes('[y/N]') && (question += chunk).includes('[y/N]')) child.stdin!.write(answer)
        })
        return printed
      }
      assert.match(await answered('n\r'), /Throw away 2 messages of asked\? \[y\/N\] [\s\S]*nothing was thrown away/)
      for (const key of [END, INTERRUPT]) {
        assert.match(await answered(key), /\[y\/N\] [\s\S]*\nnothing was thrown away/)
      }
      assert.equal(await countOf('asked'), 2)
      assert.match(await answered('y\r'), /purged asked: 2 messages/)
      assert.equal(await countOf('asked'), 0)
    })
  }
})
