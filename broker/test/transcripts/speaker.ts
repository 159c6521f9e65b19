// What one channel says and hears, as lines of a dialogue.

import assert from 'node:assert/strict'
import { type ReplyCode, replyText } from '../../src/wire/amqp/constants.ts'
import { METHODS } from '../../src/wire/amqp/method-table.ts'
import type { MethodInput, MethodName } from '../../src/wire/amqp/methods.ts'
import type { PropertiesInput } from '../../src/wire/amqp/properties.ts'
import type { Arrival } from './client.ts'
import { Capture, type Expected, hear, inTags } from './hearing.ts'
import type { Run, Step } from './run.ts'

/** What a publish carries and how. */
export interface Publishing extends PropertiesInput {
  mandatory?: boolean
  immediate?: boolean
}

/** How a delivery must look beyond its body; what is not named is not looked at, except `redelivered` (false). */
export interface Delivery extends Expected {
  redelivered?: boolean
  properties?: Expected
  /** Each header by its name, in the words of `inTags`; undefined for one that must not be there. */
  headers?: Expected
}

/** The method that a close names. */
type Cause = MethodName | 'nothing' | readonly [classId: number, methodId: number]

/** One channel of one connection, as the dialogue's lines name it; number 0 is the connection itself. */
export class Speaker {
  readonly connection: string
  readonly number: number

  constructor(connection: string, number: number) {
    this.connection = connection
    this.number = number
  }

  /** Says a method and waits for nothing. */
  send<N extends MethodName>(name: N, args: MethodInput<N>): Step {
    return async (run) => {
      const client = await run.channel(this.connection, this.number)
      const said = run.resolve(args)
      if (name === 'queue.declare') run.declared.queues.add((said as MethodInput<'queue.declare'>).queue)
      if (name === 'exchange.declare') run.declared.exchanges.add((said as MethodInput<'exchange.declare'>).exchange)
      run.channels.set(`${this.connection}/${this.number}`, name)
      client.send(this.number, name, said)
    }
  }

  /** Hears a method next, with at least these arguments (text may be a pattern). */
  hear(name: MethodName, expected: Expected = {}): Step {
    return async (run) => run.hear(await this.next(run), name, expected)
  }

  /** Says a request and hears its `-ok`. */
  ask<N extends MethodName>(name: N, args: MethodInput<N>, expected: Expected = {}): Step {
    return all(this.send(name, args), this.hear(`${name}-ok` as MethodName, expected))
  }

  publish(exchange: string, routingKey: string, body: string, publishing: Publishing = {}): Step {
    const { mandatory = false, immediate = false, ...properties } = publishing
    return all(this.send('basic.publish', { exchange, routingKey, mandatory, immediate }), async (run) => {
      const client = await run.client(this.connection)
      client.sendContent(this.number, run.resolve(properties), Buffer.from(body))
    })
  }

  delivery(consumerTag: string, deliveryTag: number | RegExp, body: string, more: Delivery = {}): Step {
    return this.content('basic.deliver', body, { consumerTag, deliveryTag, redelivered: false, ...more })
  }

  got(deliveryTag: number, body: string, more: Delivery = {}): Step {
    return this.content('basic.get-ok', body, { deliveryTag, redelivered: false, ...more })
  }

  returned(code: ReplyCode, text: string, body: string, more: Delivery = {}): Step {
    return this.content('basic.return', body, { replyCode: code, replyText: text, ...more })
  }

  /** Hears its channel closed for the last method said, and agrees; the channel opens anew when used again. */
  refused(code: ReplyCode, text: string | RegExp, cause?: Cause): Step {
    return async (run) => {
      const key = `${this.connection}/${this.number}`
      run.hear(await this.next(run), 'channel.close', closing(code, text, cause ?? run.channels.get(key)))
      ;(await run.client(this.connection)).send(this.number, 'channel.close-ok', {})
      run.channels.delete(key)
    }
  }

  /** Hears the whole connection closed, agrees, and sees the socket end; it connects anew when used again. */
  expelled(code: ReplyCode, text: string | RegExp, cause?: Cause): Step {
    return async (run) => {
      const client = await run.client(this.connection)
      const last = cause ?? run.channels.get(`${this.connection}/${this.number}`)
      run.hear(await client.next(0), 'connection.close', closing(code, text, last))
      client.send(0, 'connection.close-ok', {})
      await client.until(() => client.ended)
      run.forget(this.connection)
    }
  }

  /** Sees the socket end without a word. */
  cutOff(): Step {
    return async (run) => {
      const client = await run.client(this.connection)
      await client.until(() => client.ended)
      assert.equal(client.leftOver(), '')
      run.forget(this.connection)
    }
  }

  /** Opens the socket and says these octets, before any handshake. */
  dial(...parts: (Uint8Array | string)[]): Step {
    return async (run) => {
      const client = await run.connect(this.connection)
      for (const part of parts) client.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
    }
  }

  /** Hears just these octets, which are no frame, and then the end of the connection. */
  hearOctets(text: string): Step {
    return async (run) => {
      const client = await run.client(this.connection)
      await client.until(() => client.ended)
      assert.equal(client.raw.toString('latin1'), text)
      run.forget(this.connection)
    }
  }

  /** Hears so many heartbeats. */
  heartbeats(count: number): Step {
    return async (run) => {
      const client = await run.client(this.connection)
      const wanted = client.heartbeats + count
      await client.until(() => client.heartbeats >= wanted)
    }
  }

  /** Sends octets as they are. */
  octets(...parts: (Uint8Array | string)[]): Step {
    return async (run) => {
      const client = await run.channel(this.connection, this.number)
      for (const part of parts) client.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part)
    }
  }

  /** Asks until the queue has so many ready messages: a broker of many processes counts them a little later. */
  holds(queue: string, messageCount: number): Step {
    return async (run) => {
      const client = await run.channel(this.connection, this.number)
      const deadline = Date.now() + 5000
      for (let count = -1; count !== messageCount; ) {
        if (Date.now() > deadline) assert.equal(count, messageCount, `ready messages of ${queue}`)
        client.send(this.number, 'queue.declare', { queue, passive: true })
        const answer = await client.next(this.number)
        hear(answer, 'queue.declare-ok', { queue })
        count = answer.args.messageCount as number
      }
    }
  }

  /** Nothing is waiting, now that the broker has answered once more on this channel and on the queue, if one is named. */
  silence(queue?: string): Step {
    const flow = this.ask('channel.flow', { active: true }, { active: true })
    if (queue === undefined) return flow
    return all(this.ask('queue.declare', { queue, passive: true }), pause(20), flow)
  }

  /** Closes the channel in order. */
  close(): Step {
    return all(this.ask('channel.close', { replyCode: 200, replyText: '', classId: 0, methodId: 0 }), async (run) => {
      run.channels.delete(`${this.connection}/${this.number}`)
    })
  }

  /** Closes the connection in order. */
  leave(): Step {
    return async (run) => leave(run, this.connection)
  }

  /** Drops the socket without a word. */
  hangUp(): Step {
    return async (run) => {
      await (await run.client(this.connection)).end()
      run.forget(this.connection)
    }
  }

  private async next(run: Run): Promise<Arrival> {
    const client = await run.channel(this.connection, this.number)
    return client.next(this.number)
  }

  private content(name: MethodName, body: string, expected: Delivery): Step {
    const { properties, headers, ...args } = expected
    return async (run) => {
      const arrival = await this.next(run)
      run.hear(arrival, name, args)
      assert.equal(arrival.body?.toString(), body)
      const sent: Expected = { ...arrival.properties }
      for (const [field, value] of Object.entries(run.resolve(properties ?? {}))) {
        if (value instanceof Capture) run.captured.set(value.name, sent[field])
        else if (value instanceof RegExp) assert.match(String(sent[field]), value, `property ${field}`)
        else assert.deepEqual(sent[field], value, `property ${field}`)
      }
      const heard = inTags(arrival.headers ?? [])
      for (const [name, value] of Object.entries(headers ?? {})) assert.deepEqual(heard[name], value, `header ${name}`)
    }
  }
}

function closing(code: ReplyCode, text: string | RegExp, cause: Cause | undefined): Expected {
  const named = cause === undefined || cause === 'nothing' ? ([0, 0] as const) : cause
  const [classId, methodId] = typeof named === 'string' ? METHODS[named].id : named
  return { replyCode: code, replyText: typeof text === 'string' ? replyText(code, text) : text, classId, methodId }
}

export async function leave(run: Run, connection: string): Promise<void> {
  const client = await run.client(connection)
  client.send(0, 'connection.close', { replyCode: 200, replyText: 'bye', classId: 0, methodId: 0 })
  hear(await client.next(0), 'connection.close-ok', {})
  await client.end()
  run.forget(connection)
}

/** Several lines as one. */
export function all(...steps: Step[]): Step {
  return async (run) => {
    for (const step of steps) await step(run)
  }
}

/** Lets other work of a broker with many processes come first, in ms; nothing is measured by it. */
export function pause(ms: number): Step {
  return () => new Promise((resolve) => setTimeout(resolve, ms))
}
