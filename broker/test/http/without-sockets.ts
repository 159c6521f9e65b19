/** The HTTP API of a broker under a clock that stands still: asked without a socket. */
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { Authorizer } from '../../src/broker/access/authorizer.ts'
import type { Broker } from '../../src/broker/broker.ts'
import { createApp } from '../../src/http/app.ts'
import type { HttpContext } from '../../src/http/context.ts'
import { Logins } from '../../src/http/login/logins.ts'
import { Stats } from '../../src/http/stats/stats.ts'
import type { Json } from './both-worlds.ts'

const MIB = 1 << 20
const authorization = `Basic ${Buffer.from('guest:guest').toString('base64')}`

export function appOf(broker: Broker) {
  const http: HttpContext = {
    broker,
    settings: {
      signalboxVersion: 'test',
      product: 'Signalbox',
      dataDir: null,
      defaultUser: 'guest',
      tlsCert: null,
      durability: 'synced',
      maxMessageSize: 128 * MIB,
      memoryBytesMax: 512 * MIB,
      diskFreeBytesMin: 50 * MIB,
      frameMax: 131_072,
      channelMax: 2047,
      heartbeat: 60,
    },
    authorizer: new Authorizer(broker),
    logins: new Logins(broker),
    stats: new Stats(broker, broker.clock),
    startedAt: broker.clock.now(),
    isStopping: () => false,
    listeners: () => [],
    diskCounters: () => ({ syncs: 0, writes: 0, bytesWritten: 0, bytesRead: 0 }) as never,
    diskFreeBytes: async () => 1000 * MIB,
  }
  return createApp(http)
}

/** What comes with a request; nobody is gone and no answer is over unless it is said. */
export const callerAt = (outgoing: EventEmitter) => {
  const socket = { remoteAddress: '127.0.0.1', remotePort: 40_000 }
  return { incoming: { socket }, outgoing }
}

/** @returns what GET of a path below `/api` answers with 200 */
export function httpOf(broker: Broker): (path: string) => Promise<Json> {
  const app = appOf(broker)
  return async (path) => {
    const env = callerAt(new EventEmitter())
    const answer = await app.request(`/api${path}`, { headers: { authorization } }, env)
    const text = await answer.text()
    assert.equal(answer.status, 200, text)
    return JSON.parse(text)
  }
}
