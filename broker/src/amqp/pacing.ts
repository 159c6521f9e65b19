/**
 * What slows a connection that publishes: alarms, of which the client is told, and the log's lag, of which it is not.
 * Either way it is not read. Whoever only consumes is left alone.
 */
import type { Publisher } from '../broker/broker.ts'
import { PauseReason } from '../net/connection.ts'
import type { AmqpSession } from './session.ts'

export class Pacing implements Publisher {
  private readonly session: AmqpSession
  private publishes = false
  private blocked = false
  private readonly onAlarm = (reason: string | null): void => this.alarm(reason)

  constructor(session: AmqpSession) {
    this.session = session
  }

  /** A message came: from now on alarms and lag concern this connection. */
  publishing(): void {
    if (this.publishes) return
    this.publishes = true
    const { broker } = this.session
    broker.alarms.subscribe(this.onAlarm)
    broker.publishers.add(this)
    if (broker.alarms.reason !== null) this.alarm(broker.alarms.reason)
    if (broker.engine.lagging) this.lag(true)
  }

  get state(): 'running' | 'blocked' | 'blocking' | 'flow' {
    const { alarms, engine } = this.session.broker
    if (!this.publishes) return alarms.reason === null ? 'running' : 'blocking'
    return this.blocked ? 'blocked' : engine.lagging ? 'flow' : 'running'
  }

  /** Spilling or flushing lags: a publisher is slowed by not being read. */
  lag(lagging: boolean): void {
    const { transport } = this.session
    if (lagging) transport.pause(PauseReason.lag)
    else transport.resume(PauseReason.lag)
  }

  /** The connection ends, and is read to its end unhindered. */
  end(): void {
    const { broker, transport } = this.session
    broker.alarms.unsubscribe(this.onAlarm)
    broker.publishers.delete(this)
    transport.resume(PauseReason.alarm)
    transport.resume(PauseReason.lag)
  }

  private alarm(reason: string | null): void {
    const { session } = this
    if (reason === null) {
      if (!this.blocked) return
      this.blocked = false
      session.transport.resume(PauseReason.alarm)
      if (session.client.blocked) session.send(0, 'connection.unblocked', {})
    } else if (!this.blocked) {
      this.blocked = true
      session.transport.pause(PauseReason.alarm)
      if (session.client.blocked) session.send(0, 'connection.blocked', { reason })
    }
  }
}
