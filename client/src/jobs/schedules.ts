/**
 * Jobs that the broker adds by itself: an exchange of type `x-schedule`, bound to that of the queue, which publishes what
 * `add` would send at each tick. It is in the broker alone: who declares the same one again changes nothing, however many
 * do; who declares another one of the name replaces it in one step; and nobody declares it again after a reconnect, for
 * somebody else may have removed it meanwhile.
 */
import type { Core } from '../core.ts'
import { DeclareRefused, UnsupportedByBroker } from '../errors.ts'
import type { OutgoingMessage } from '../message/outgoing.ts'
import { checkName, joined } from '../receiving/names.ts'

export type When = (
  | {
      /** Five fields, or six beginning with seconds. */
      readonly cron: string
      readonly everyMs?: never
    }
  | {
      /** Counted from 1970: every process means the same ticks. */
      readonly everyMs: number
      readonly cron?: never
    }
) & {
  /** Of the cron expression, for instance `Europe/Berlin`. Default: UTC. */
  readonly timezone?: string
  /** After downtime of the broker: one job for all ticks that were missed, or none. Default: once. */
  readonly missed?: 'once' | 'skip'
}

export class Schedules {
  private readonly core: Core
  private readonly queue: string

  constructor(core: Core, queue: string) {
    this.core = core
    this.queue = queue
  }

  /** @throws TypeError, UnsupportedByBroker */
  check(schedule: string): void {
    checkName('schedule', schedule)
    const { isSignalbox, name } = this.core.broker
    if (!isSignalbox) throw new UnsupportedByBroker('schedule', name, `it has no exchanges of type 'x-schedule'`)
  }

  /** Makes, leaves or replaces it. @throws DeclareRefused for a time or timezone that is none */
  async set(name: string, when: When, message: OutgoingMessage): Promise<void> {
    const exchange = this.exchange(name)
    try {
      await this.core.withChannel(async (channel) => {
        const options = { durable: true, arguments: scheduleArguments(when, message) }
        await channel.assertExchange(exchange, 'x-schedule', options)
        await channel.bindExchange(this.queue, exchange, '')
      })
    } catch (error) {
      throw new DeclareRefused(`schedule '${name}'`, error)
    }
  }

  async remove(name: string): Promise<void> {
    await this.core.withChannel((channel) => channel.deleteExchange(this.exchange(name)))
  }

  private exchange(name: string): string {
    return joined(this.queue, name, 'schedule')
  }
}

function scheduleArguments(
  { cron, everyMs, timezone, missed }: When,
  message: OutgoingMessage,
): Record<string, unknown> {
  const { contentType, type, headers, priority, expiration } = message.properties
  return {
    ...(cron !== undefined && { 'x-cron': cron }),
    ...(everyMs !== undefined && { 'x-every': everyMs }),
    ...(timezone !== undefined && { 'x-timezone': timezone }),
    ...(missed !== undefined && { 'x-missed': missed }),
    'x-routing-key': message.routingKey,
    // Octets: a text could not hold what a codec of one's own makes.
    'x-payload': message.body,
    'x-properties': {
      content_type: contentType,
      type,
      headers,
      ...(priority !== undefined && { priority }),
      ...(expiration !== undefined && { expiration }),
    },
  }
}
