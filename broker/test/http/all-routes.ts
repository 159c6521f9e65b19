/** Every address that the HTTP port answers, as its application has it: tests of all of them miss none that is new. */
import { Authorizer } from '../../src/broker/access/authorizer.ts'
import { createApp } from '../../src/http/app.ts'
import type { HttpContext } from '../../src/http/context.ts'
import { Logins } from '../../src/http/login/logins.ts'
import { Stats } from '../../src/http/stats/stats.ts'
import { World } from '../kafka/world.ts'

export interface Route {
  readonly method: string
  /** With `:name` where a name stands. */
  readonly path: string
}

export async function allRoutes(): Promise<Route[]> {
  const { broker } = await World.open()
  const settings = { product: 'Signalbox', signalboxVersion: 'test', maxMessageSize: 1 << 20 }
  const stats = new Stats(broker, broker.clock)
  const http = { broker, settings, stats, logins: new Logins(broker), authorizer: new Authorizer(broker) }
  const routes = new Map<string, Route>()
  for (const { method, path } of createApp(http as unknown as HttpContext).routes) {
    if (method !== 'ALL' && !path.endsWith('*')) routes.set(`${method} ${path}`, { method, path })
  }
  return [...routes.values()]
}
