/**
 * What slows a connection that produces: alarms and the log's lag. It is not read until they have passed; Kafka's
 * protocol has no word for it. Whoever only consumes is left alone.
 */
import type { Broker, Publisher } from '../broker/broker.ts'
import { PauseReason, type Transport } from '../net/connection.ts'

export class Pacing implements Publisher {
  private readonly broker: Broker
  private readonly transport: Transport
  private publishes = false
  private readonly onAlarm = (reason: string | null): void => this.pause(PauseReason.alarm, reason !== null)

  constructor(broker: Broker, transport: Transport) {
    this.broker = broker
    this.transport = transport
  }

  /** Records came: from now on alarms and lag concern this connection. */
  publishing(): void {
    if (this.publishes) return
    this.publishes = true
    const { alarms, engine, publishers } = this.broker
    alarms.subscribe(this.onAlarm)
    publishers.add(this)
    this.onAlarm(alarms.reason)
    this.lag(engine.lagging)
  }

  get state(): 'running' | 'blocked' | 'blocking' | 'flow' {
    const { alarms, engine } = this.broker
    if (alarms.reason !== null) return this.publishes ? 'blocked' : 'blocking'
    return this.publishes && engine.lagging ? 'flow' : 'running'
  }

  lag(lagging: boolean): void {
    this.pause(PauseReason.lag, lagging)
  }

  private pause(reason: PauseReason, on: boolean): void {
    if (on) this.transport.pause(reason)
    else this.transport.resume(reason)
  }

  /** The connection ends, and is read to its end unhindered. */
  end(): void {
    this.broker.alarms.unsubscribe(this.onAlarm)
    this.broker.publishers.delete(this)
    this.onAlarm(null)
    this.lag(false)
  }
}
