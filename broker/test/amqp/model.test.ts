// Random clients against the ledger: nothing is lost, nothing comes twice, counts and order hold.
// MODEL_SEEDS=n runs n histories, MODEL_SEED=s repeats one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../../src/base/random.ts'
import type { MethodInput } from '../../src/wire/amqp/methods.ts'
import { ChannelBook, QueueBook } from './ledger.ts'
import type { Arrival, Peer } from './peer.ts'
import { World } from './session-harness.ts'

const STEPS = 150
const QUEUES = ['kept', 'kept too', 'loose', 'loose too'] as const
const FANOUT = 'amq.fanout'
const closeArgs = { replyCode: 200, replyText: '', classId: 0, methodId: 0 }
const padding = ' '.repeat(200_000)

interface Client {
  readonly peer: Peer
  readonly channels: Map<number, ChannelBook>
}

class History {
  readonly world: World
  private readonly random: SeededRandom
  private readonly clients: Client[] = []
  private readonly books = new Map<string, QueueBook>()
  private readonly bound = new Set<string>()
  private publishers = 0
  private shut = false
  private tags = 0

  constructor(world: World, seed: number) {
    this.world = world
    this.random = new SeededRandom(seed)
  }

  private chance(percent: number): boolean {
    return this.random.chance(percent, 100)
  }

  async run(steps: number): Promise<void> {
    for (let i = 0; i < 4; i++) await this.connect()
    for (const name of QUEUES) await this.declare(name)
    for (let step = 0; step < steps; step++) {
      if (this.chance(25)) await this.change()
      else for (let i = this.random.below(12); i >= 0; i--) this.talk(this.random.pick(this.clients))
      await this.settle()
    }
    await this.finish()
  }

  // Steps of which several may be under way

  private talk(client: Client): void {
    const channel = this.random.pick([...client.channels.values()])
    const name = this.random.pick(QUEUES)
    const book = this.books.get(name)
    const kind = this.random.below(100)
    if (kind < 45) this.publish(channel, this.chance(30) ? '' : name)
    else if (kind < 75) this.acknowledge(channel)
    else if (kind < 85 && book !== undefined) this.get(channel, book)
    else if (kind < 90) this.prefetch(channel)
    else if (channel.mode === 'tx') this.endTransaction(channel)
  }

  /** To a queue by its name, or to all that are bound (`name` empty). */
  private publish(channel: ChannelBook, name: string): void {
    const number = channel.numbers++
    const { peer, publisher } = channel
    const id = `${publisher}-${number}`
    const mandatory = this.chance(20)
    const properties = { deliveryMode: this.chance(50) ? 2 : 1 }
    const exchange = name === '' ? FANOUT : ''
    const body = `${id} ${this.chance(8) ? padding : ''}`
    peer.publish(name, body, { channel: channel.number, exchange, mandatory, properties })
    const arrive = (): void => {
      const reached = (name === '' ? [...this.bound] : [name]).flatMap((one) => this.books.get(one) ?? [])
      for (const book of reached) book.add(id, publisher, number)
      if (reached.length === 0 && mandatory) channel.returns.push(id)
    }
    if (channel.mode === 'tx') channel.staged.push(arrive)
    else arrive()
    if (channel.mode === 'confirm') channel.published++
  }

  private acknowledge(channel: ChannelBook): void {
    const open = channel.tags(0, true)
    if (open.length === 0) return
    const multiple = this.chance(30)
    const tag = this.random.pick(open)
    const tags = channel.tags(tag, multiple)
    const how = this.random.below(10)
    if (how < 5) channel.peer.send(channel.number, 'basic.ack', { deliveryTag: tag, multiple })
    else if (!multiple && this.chance(50)) {
      channel.peer.send(channel.number, 'basic.reject', { deliveryTag: tag, requeue: how < 8 })
    } else channel.peer.send(channel.number, 'basic.nack', { deliveryTag: tag, multiple, requeue: how < 8 })
    channel.settle(tags, how < 5 || how >= 8 ? 'done' : 'ready')
  }

  private get(channel: ChannelBook, queue: QueueBook): void {
    const noAck = this.chance(30)
    channel.gets.push({ queue, noAck })
    channel.peer.send(channel.number, 'basic.get', { queue: queue.name, noAck })
  }

  private prefetch(channel: ChannelBook): void {
    const global = this.chance(30)
    const prefetchCount = this.random.pick([0, 1, 2, 5])
    channel.peer.send(channel.number, 'basic.qos', { prefetchSize: 0, prefetchCount, global })
    channel.sharedPrefetch = global ? prefetchCount : 0
    if (!global) channel.prefetch = prefetchCount
  }

  private endTransaction(channel: ChannelBook): void {
    const commit = this.chance(70)
    channel.peer.send(channel.number, commit ? 'tx.commit' : 'tx.rollback', {})
    if (commit) channel.commit()
    else channel.rollback()
  }

  // Steps that stand alone

  private async change(): Promise<void> {
    const client = this.random.pick(this.clients)
    const channel = this.random.pick([...client.channels.values()])
    const name = this.random.pick(QUEUES)
    const book = this.books.get(name)
    const kind = this.random.below(100)
    if (kind < 25) {
      if (book !== undefined) this.consume(channel, book)
    } else if (kind < 37) this.cancel(channel)
    else if (kind < 47) this.toggleDisk()
    else if (kind < 57) this.toggleReading(client)
    else if (kind < 63) await this.world.pass(30)
    else if (kind < 67) await this.settleAll(channel)
    else if (kind < 70) await this.closeChannel(client, channel)
    else if (kind < 77) await this.leave(client)
    else await this.changeTopology(client, name, book)
  }

  private async changeTopology(client: Client, name: string, book: QueueBook | undefined): Promise<void> {
    await this.allReadAndDurable()
    const queue = { queue: name }
    if (book === undefined) await this.declare(name)
    else if (this.chance(20)) {
      const { args } = await this.ask(client, 'queue.purge', queue)
      assert.equal(args.messageCount, book.count('ready'), `purged from ${name}`)
      book.purge()
    } else if (this.chance(25)) {
      this.books.delete(name)
      this.bound.delete(name)
      const ready = book.count('ready')
      book.end()
      const { args } = await this.ask(client, 'queue.delete', queue)
      assert.equal(args.messageCount, ready, `deleted with ${name}`)
    } else {
      const bind = !this.bound.has(name)
      await this.ask(client, bind ? 'queue.bind' : 'queue.unbind', { ...queue, exchange: FANOUT, routingKey: '' })
      if (bind) this.bound.add(name)
      else this.bound.delete(name)
    }
  }

  private consume(channel: ChannelBook, queue: QueueBook): void {
    const noAck = this.chance(25)
    const consumerTag = `c${++this.tags}`
    channel.consumers.set(consumerTag, { queue, noAck, prefetch: channel.prefetch, out: 0 })
    const args = this.chance(50) ? {} : { 'x-priority': this.random.pick([-1, 0, 7]) }
    channel.peer.send(channel.number, 'basic.consume', { queue: queue.name, consumerTag, noAck, arguments: args })
  }

  /** What is on its way to the consumer still comes, so its book stays until the answer. */
  private cancel(channel: ChannelBook): void {
    const [consumerTag] = channel.consumers.keys()
    if (consumerTag === undefined) return
    channel.peer.send(channel.number, 'basic.cancel', { consumerTag })
  }

  private toggleDisk(): void {
    this.shut = !this.shut
    if (this.shut) this.world.disk.writes.shut()
    else this.world.disk.writes.open()
  }

  private toggleReading(client: Client): void {
    if (client.peer.reading) client.peer.stopReading()
    else client.peer.readAgain()
  }

  /** What means everything outstanding means what the client has not seen yet, too: it is sent when nothing is on its way. */
  private async settleAll(channel: ChannelBook): Promise<void> {
    await this.allReadAndDurable()
    const { peer, number } = channel
    if (this.chance(40)) {
      peer.send(number, 'basic.recover', { requeue: true })
      channel.recover()
    } else {
      const requeue = this.chance(50)
      peer.send(number, 'basic.nack', { deliveryTag: 0, multiple: true, requeue })
      channel.settle(channel.tags(0, true), requeue ? 'ready' : 'done')
    }
  }

  private async closeChannel(client: Client, channel: ChannelBook): Promise<void> {
    await this.allReadAndDurable()
    const { peer } = client
    if (this.chance(50)) peer.send(channel.number, 'channel.close', closeArgs)
    else peer.send(channel.number, 'basic.ack', { deliveryTag: 1e9 })
    channel.end()
    await this.world.settle()
    for (const arrival of peer.taken()) {
      if (arrival.name !== 'channel.close') client.channels.get(arrival.channel)!.arrived(arrival)
      else peer.send(channel.number, 'channel.close-ok', {})
    }
    client.channels.delete(channel.number)
    this.openChannel(client, channel.number)
  }

  private async leave(client: Client): Promise<void> {
    const { peer, channels } = client
    if (this.chance(50) || !this.mayBreak(client)) {
      await this.allReadAndDurable()
      peer.send(0, 'connection.close', closeArgs)
      await this.world.settle()
      assert.equal(peer.taken().at(-1)!.name, 'connection.close-ok')
    } else peer.cut()
    for (const channel of channels.values()) {
      // What it was sent and never read comes back marked.
      for (const { queue } of channel.consumers.values()) for (const copy of queue.copies.values()) copy.unsure = true
      channel.end()
    }
    this.clients.splice(this.clients.indexOf(client), 1)
    await this.connect()
  }

  /** All it said was heard, and nothing that needs no ack is on its way. */
  private mayBreak({ peer, channels }: Client): boolean {
    if (peer.paused) return false
    return [...channels.values()].every(
      ({ consumers, gets }) => gets.length === 0 && ![...consumers.values()].some((one) => one.noAck),
    )
  }

  private async connect(): Promise<void> {
    const peer = await this.world.connect({ highWaterMark: 1000 })
    const client = { peer, channels: new Map() }
    this.clients.push(client)
    this.setMode(client, 1)
    this.openChannel(client, 2)
  }

  private openChannel(client: Client, number: number): void {
    client.peer.send(number, 'channel.open', {})
    this.setMode(client, number)
  }

  private setMode(client: Client, number: number): void {
    const mode = this.random.pick(['plain', 'confirm', 'tx'] as const)
    if (mode !== 'plain') client.peer.send(number, `${mode}.select`, {})
    client.channels.set(number, new ChannelBook(client.peer, this.publishers++, number, mode))
  }

  private async declare(name: string): Promise<void> {
    const peer = await this.world.connect()
    await peer.ask(1, 'queue.declare', { queue: name, durable: name.startsWith('kept') })
    peer.cut()
    this.books.set(name, new QueueBook(name))
  }

  private async ask<N extends 'queue.purge' | 'queue.delete' | 'queue.bind' | 'queue.unbind'>(
    client: Client,
    name: N,
    args: MethodInput<N>,
  ): Promise<Arrival> {
    client.peer.send(1, name, args)
    await this.world.settle()
    const answer = client.peer.taken()
    const at = answer.findIndex((one) => one.name === `${name}-ok`)
    assert.ok(at >= 0, `${name} was not answered`)
    const [found] = answer.splice(at, 1)
    for (const arrival of answer) client.channels.get(arrival.channel)!.arrived(arrival)
    return found
  }

  // Looking

  private async settle(): Promise<void> {
    await this.world.settle()
    this.hear()
    this.check()
  }

  private hear(): void {
    for (const { peer, channels } of this.clients) {
      for (const arrival of peer.taken()) {
        if (arrival.name === 'basic.cancel-ok')
          channels.get(arrival.channel)!.consumers.delete(arrival.args.consumerTag)
        else channels.get(arrival.channel)!.arrived(arrival)
      }
    }
  }

  /** While all is read and durable, the broker's counts are the ledger's. */
  private check(): void {
    assert.deepEqual(this.world.errors, [])
    if (this.shut || this.clients.some(({ peer }) => !peer.reading || peer.paused)) return
    for (const [name, book] of this.books) {
      const { ready, unacknowledged } = this.world.queue(name)!
      assert.deepEqual([ready, unacknowledged], [book.count('ready'), book.count('out')], name)
      const hungry = this.clients.some(({ channels }) => [...channels.values()].some((channel) => channel.wants(book)))
      assert.ok(ready === 0 || !hungry, `${ready} messages of ${name} wait for a consumer that waits for them`)
    }
    for (const { channels } of this.clients) {
      for (const channel of channels.values()) {
        assert.equal(channel.confirmedUpTo, channel.published, 'all is confirmed')
        assert.deepEqual([channel.returns.length, channel.gets.length], [0, 0], 'all is answered')
      }
    }
  }

  private async allReadAndDurable(): Promise<void> {
    if (this.shut) this.toggleDisk()
    for (const { peer } of this.clients) if (!peer.reading) peer.readAgain()
    await this.settle()
    // What a peer reads again makes room for more.
    await this.settle()
  }

  /** Everybody leaves; what is left is drained and must be what the ledger says. */
  private async finish(): Promise<void> {
    await this.allReadAndDurable()
    for (const { peer, channels } of this.clients) {
      peer.cut()
      for (const channel of channels.values()) channel.end()
    }
    this.clients.length = 0
    await this.settle()
    await this.connect()
    const [{ channels }] = this.clients
    const channel = channels.get(2)!
    for (const book of this.books.values()) {
      channel.consumers.set(book.name, { queue: book, noAck: true, prefetch: 0, out: 0 })
      const consume = { queue: book.name, consumerTag: book.name, noAck: true }
      channel.peer.send(2, 'basic.consume', consume)
    }
    for (let i = 0; i < 20; i++) await this.settle()
    for (const book of this.books.values()) {
      const left = [...book.copies.values()].flatMap(({ id, state }) => (state === 'done' ? [] : [`${id} ${state}`]))
      assert.deepEqual(left, [], `left in ${book.name}`)
    }
    this.world.clock.advance(1000)
    await this.world.settle()
    for (const log of this.world.broker.engine.logs.values())
      assert.deepEqual([log.unsettled, log.unsettledBytes], [0, 0])
  }
}

const only = process.env.MODEL_SEED
const seeds =
  only === undefined ? Array.from({ length: Number(process.env.MODEL_SEEDS ?? 8) }, (_, i) => i + 1) : [Number(only)]

for (const seed of seeds) {
  test(`random clients, seed ${seed}`, async () => {
    const world = await World.open({ tailBytesMax: 1 << 20 })
    await new History(world, seed).run(STEPS)
  })
}
