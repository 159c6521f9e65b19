/** A broker on a simulated disk and its AMQP clients; what they were told is in a book (message-book.ts) that judges it. */
import assert from 'node:assert/strict'
import { AmqpContext } from '../../src/amqp/context.ts'
import { AmqpSession } from '../../src/amqp/session.ts'
import type { Headers } from '../../src/broker/routing/headers.ts'
import { type Arrival, Peer } from '../amqp/peer.ts'
import type { World } from '../amqp/session-harness.ts'
import { BrokerMachine } from './broker-machine.ts'
import { MessageBook } from './message-book.ts'

const SETTINGS = {
  frameMax: 131072,
  channelMax: 2047,
  heartbeat: 0,
  handshakeTimeoutMs: 600_000,
  maxMessageSize: 1 << 24,
  product: 'Signalbox',
  signalboxVersion: 'test',
}

export class BrokerRun extends BrokerMachine<Peer> {
  readonly book = new MessageBook()
  private amqp!: AmqpContext

  /** @returns false if the power went off before clients could be served. */
  override async open(): Promise<boolean> {
    if (!(await super.open())) return false
    this.judgePolicies()
    return true
  }

  protected opened(): void {
    this.amqp = new AmqpContext(this.broker, SETTINGS)
  }

  protected crashed(): void {
    this.book.crashed()
  }

  protected stopped(): void {
    this.book.stopped()
  }

  /** Of the queue of that name; null for none. */
  setPolicy(queue: string, definition: Headers | null): void {
    const { policies } = this.broker.vhost('/')
    if (definition === null) policies.remove('policy', queue)
    else policies.put('policy', queue, { pattern: `^${queue}$`, applyTo: 'queues', priority: 0, definition })
    this.book.policySet(queue, definition)
  }

  /** A queue has the policy it had when last that was durable, or one of those that came after. */
  private judgePolicies(): void {
    const { policies, queues } = this.broker.vhost('/')
    for (const name of this.book.ruledQueues) {
      const definition = policies.get('policy', name)?.definition ?? null
      this.book.policyFound(name, definition)
      const settings = queues.get(name)?.settings
      if (settings === undefined) continue
      assert.equal(settings.maxLength, definition?.['max-length'] ?? null, `${name} does not follow its policy`)
      assert.equal(settings.messageTtlMs, definition?.['message-ttl'] ?? null, `${name} does not follow its policy`)
    }
  }

  /** A client with channel 1 open, in confirm mode. */
  async connect(): Promise<Peer> {
    const world = { peers: this.peers, settle: () => this.settle() } as unknown as World
    const peer = new Peer(world, this.turn, {})
    this.peers.add(peer)
    peer.attach(new AmqpSession(this.amqp, peer))
    peer.greet()
    peer.send(1, 'confirm.select', {})
    await this.settle()
    peer.taken()
    return peer
  }

  /** What arrived at all clients. */
  *arrivals(): Iterable<[Peer, Arrival]> {
    for (const peer of this.peers) for (const arrival of peer.taken()) yield [peer, arrival]
  }
}
