import assert from 'node:assert/strict'
import type { FieldTable } from '../../src/wire/amqp/field-table.ts'
import { Speaker, type Step } from './dialogue.ts'

/** What a binding or a message routes by. */
export interface Routed {
  readonly key?: string
  readonly headers?: FieldTable
}

const a = new Speaker('a', 1)

/** Binds one queue per entry and publishes every message; each must reach exactly the queues named beside it. */
export function routes(
  type: string,
  bindings: { readonly [queue: string]: Routed },
  messages: readonly (readonly [message: Routed, ...queues: string[]])[],
): Step[] {
  const exchange = `routing.${type}`
  const queues = Object.keys(bindings)
  const name = (queue: string) => `routing.${type}.${queue}`
  const bind = queues.flatMap((queue) => [
    a.ask('queue.declare', { queue: name(queue), exclusive: true }),
    a.ask('queue.bind', {
      queue: name(queue),
      exchange,
      routingKey: bindings[queue].key ?? '',
      arguments: bindings[queue].headers ?? {},
    }),
    a.ask('basic.consume', { queue: name(queue), consumerTag: queue, noAck: true }),
  ])
  const publish = messages.map(([message, ...expected]) => arrives(exchange, message, expected))
  return [a.ask('exchange.declare', { exchange, type }), a.ask('confirm.select', {}), ...bind, ...publish]
}

/** Publishes and collects deliveries, the return if there is one, and the confirm, which come in any order. */
function arrives(exchange: string, { key = '', headers }: Routed, expected: readonly string[]): Step {
  const publish = a.publish(exchange, key, 'x', { mandatory: true, ...(headers && { headers }) })
  return async (run) => {
    await publish(run)
    const client = await run.client('a')
    const heard: string[] = []
    for (let left = 1 + Math.max(1, expected.length); left > 0; left--) {
      const { name, args } = await client.next(1)
      heard.push(name === 'basic.deliver' ? String(args.consumerTag) : name)
    }
    const wanted = ['basic.ack', ...(expected.length === 0 ? ['basic.return'] : expected)]
    assert.deepEqual(heard.sort(), wanted.sort(), `${key} ${JSON.stringify(headers ?? {})}`)
    assert.equal(client.leftOver(), '', `${key} ${JSON.stringify(headers ?? {})}`)
  }
}
