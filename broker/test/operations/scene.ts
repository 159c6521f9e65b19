/** A broker with a client or two, in which operations are run: time and turns go on until their promise settles. */
import assert from 'node:assert/strict'
import type { BrowsedMessage } from '../../src/broker/operations/browse.ts'
import type { PropertiesInput } from '../../src/wire/amqp/properties.ts'
import type { Peer } from '../amqp/peer.ts'
import { World, type WorldOptions } from '../amqp/session-harness.ts'

export class Scene {
  readonly world: World
  readonly peer: Peer

  private constructor(world: World, peer: Peer) {
    this.world = world
    this.peer = peer
  }

  static async open(options: WorldOptions = {}): Promise<Scene> {
    const world = await World.open(options)
    return new Scene(world, await world.connect())
  }

  get broker() {
    return this.world.broker
  }

  get vhost() {
    return this.broker.vhost('/')
  }

  queue(name: string) {
    const queue = this.world.queue(name)
    assert.ok(queue !== undefined, `no queue ${name}`)
    return queue
  }

  async declare(queue: string, args: Record<string, string | number | boolean> = {}): Promise<void> {
    await this.peer.ask(1, 'queue.declare', { queue, durable: true, arguments: args })
  }

  /** Persistent messages, one after the other. */
  async publish(queue: string, bodies: readonly (string | Uint8Array)[], properties: PropertiesInput = {}) {
    for (const body of bodies) this.peer.publish(queue, body, { properties: { deliveryMode: 2, ...properties } })
    await this.world.settle()
  }

  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false
    const watched = promise.finally(() => {
      settled = true
    })
    watched.catch(() => {})
    for (let i = 0; i < 1000 && !settled; i++) await this.world.pass(10)
    assert.ok(settled, 'the operation did not come to an end')
    return watched
  }

  /** Gets and acknowledges all that is ready. */
  async drain(queue: string): Promise<string[]> {
    const found: string[] = []
    for (;;) {
      this.peer.send(1, 'basic.get', { queue, noAck: true })
      await this.world.settle()
      const [got] = this.peer.taken()
      if (got?.name !== 'basic.get-ok') return found
      found.push(`${got.body}${got.args.redelivered ? '!' : ''}`)
    }
  }

  /** The power goes; a broker starts on what was written. */
  async restart(): Promise<Scene> {
    return Scene.open({ disk: this.world.disk })
  }
}

export const bodies = (messages: readonly BrowsedMessage[]): string[] =>
  messages.map(({ body }) => Buffer.from(body).toString())

export const upTo = (count: number, from = 0): string[] => Array.from({ length: count - from }, (_, i) => `${from + i}`)
