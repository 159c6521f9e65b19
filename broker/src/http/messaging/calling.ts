/**
 * Request and reply as one call. The request carries a direct reply-to name that is made for this call alone, and the
 * reply comes straight back, past any queue: at most once, and nobody else's. Requests expire with their callers.
 */

import { randomUUID } from 'node:crypto'
import type { Requester } from '../../broker/direct-replies.ts'
import { publish } from '../../broker/operations/publish.ts'
import type { MessageDraft } from '../../record/message.ts'
import { HttpError } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import type { Api, Ctx } from './api.ts'
import { clientOf } from './client.ts'
import { Reply, Request } from './message-schemas.ts'
import { isJsonType, payloadOf } from './payload.ts'
import { admitted, contentOf, placeOf, resultOf } from './publishing.ts'

const TIMEOUT_MS = 10_000
const TRANSIENT = 1

export function callingRoutes(http: HttpContext, api: Api): void {
  const description = {
    tag: 'Request and reply',
    description:
      'Publishes the request with `reply_to` and `correlation_id`, and answers with the first reply that is published to ' +
      '`reply_to` through the default exchange. A request that nobody takes before the deadline is not delivered any more.',
    body: Request,
    answer: Reply,
    errors: {
      400: 'The request is not what it should be.',
      413: 'The message is larger than the broker takes.',
      503: 'A full queue refused the request (`refused`), or an alarm blocks publishers (`blocked`).',
      504: 'There was no reply in time.',
    },
  }
  api.add(
    'post',
    '/vhosts/{vhost}/exchanges/{exchange}/call',
    { ...description, summary: 'Publish a request to an exchange, wait for the reply' },
    (c) => call(http, c, c.req.param('exchange')!),
  )
  api.add(
    'post',
    '/vhosts/{vhost}/queues/{queue}/call',
    { ...description, summary: 'Send a request to a queue, wait for the reply' },
    (c) => call(http, c, null),
  )
}

async function call(http: HttpContext, c: Ctx, exchange: string | null): Promise<Response> {
  const { timeout_ms: timeoutMs = TIMEOUT_MS, routing_key, as_text, ...given } = await jsonBody(c, Request)
  const client = clientOf(http, c)
  await admitted(http)
  const { properties, body } = contentOf(http, given, TRANSIENT)
  const waiting = new Call(http, timeoutMs, as_text ?? false)
  try {
    const message = {
      ...placeOf(c, exchange, routing_key, true),
      properties: {
        correlation_id: randomUUID(),
        expiration: String(timeoutMs),
        ...properties,
        reply_to: waiting.replyTo,
      },
      body,
    }
    resultOf(publish(client, message), true)
    c.env.outgoing.once('close', () => waiting.end())
    const reply = await waiting.replied
    if (reply === null) throw new HttpError(504, 'timeout', `no reply within ${timeoutMs} ms`)
    return c.json(reply)
  } finally {
    waiting.end()
  }
}

/** Waits for one reply. */
class Call implements Requester {
  /** Null: the time is up. */
  readonly replied: Promise<Reply | null>
  readonly replyTo: string
  private readonly http: HttpContext
  private readonly asText: boolean
  private readonly timer: object
  private resolve: (reply: Reply | null) => void = () => {}

  constructor(http: HttpContext, timeoutMs: number, asText: boolean) {
    this.http = http
    this.asText = asText
    this.replied = new Promise((resolve) => {
      this.resolve = resolve
    })
    this.replyTo = http.broker.directReplies.register(this)
    this.timer = http.broker.clock.setTimer(timeoutMs, () => this.end())
  }

  reply(draft: MessageDraft): boolean {
    const { properties: block, propertiesPos, propertiesLen } = draft
    const properties = this.http.broker.properties.read(block, propertiesPos, propertiesLen)
    const isJson = !this.asText && isJsonType(properties.content_type)
    this.resolve({ ...payloadOf(bodyOf(draft), isJson), properties } as Reply)
    this.end()
    return true
  }

  end(): void {
    const { directReplies, clock } = this.http.broker
    directReplies.delete(this.replyTo)
    clock.clearTimer(this.timer)
    this.resolve(null)
  }
}

function bodyOf({ body, bodyPos, bodyLen, bodyParts }: MessageDraft): Uint8Array {
  return bodyParts === null ? body.subarray(bodyPos, bodyPos + bodyLen) : Buffer.concat(bodyParts)
}
