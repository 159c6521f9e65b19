/** Publishing: one message, a batch of them, or a body as it is. All is durable when it is answered. */
import { z } from '@hono/zod-openapi'
import { keepPace } from '../../broker/operations/pace.ts'
import { confirmed, type PublishingClient, type PublishOutcome, publish } from '../../broker/operations/publish.ts'
import type { MessageProperties } from '../../broker/property-blocks.ts'
import { Refusal } from '../../broker/refusal.ts'
import { badRequest, HttpError } from '../answers.ts'
import type { HttpContext } from '../context.ts'
import { jsonBody } from '../json-body.ts'
import { type Api, type Ctx, flag, queryOf, unavailable, wholeNumber } from './api.ts'
import { asHttp, clientOf } from './client.ts'
import { BATCH_MAX, Message } from './message-schemas.ts'
import { bytesOf } from './payload.ts'

const TRANSIENT = 1
const PERSISTENT = 2
const PRIORITY_MAX = 255

const Batch = z.strictObject({ messages: z.array(Message).min(1).max(BATCH_MAX) })
const OneOrMany = z.union([Message, Batch])
const Published = z
  .object({ routed: z.boolean().openapi({ description: 'Whether something took the message.' }) })
  .openapi('Published', { example: { routed: true } })
const Failed = z.object({ error: z.string(), reason: z.string() })
const Results = z
  .object({ results: z.array(z.union([Published, Failed])) })
  .openapi('PublishedBatch', { example: { results: [{ routed: true }, { error: 'unroutable', reason: 'no queue' }] } })

const RawQuery = z.object({
  routing_key: z.string().optional(),
  persistent: flag.optional(),
  mandatory: flag.optional(),
  priority: wholeNumber(PRIORITY_MAX).optional(),
  expiration: z.string().optional(),
  message_id: z.string().optional(),
  correlation_id: z.string().optional(),
  reply_to: z.string().optional(),
  type: z.string().optional(),
})

const ERRORS = {
  400: 'The request is not what it should be; nothing was published.',
  413: 'The message is larger than the broker takes.',
  503: 'A full queue refused the message (`refused`), or an alarm blocks publishers (`blocked`).',
}
const MANY =
  'A batch is `{"messages": […]}`: each has its result in the same place, and one that fails does not keep others back.'

export function publishingRoutes(http: HttpContext, api: Api): void {
  const toExchange = '/vhosts/{vhost}/exchanges/{exchange}'
  const toQueue = '/vhosts/{vhost}/queues/{queue}'
  const answer = z.union([Published, Results])
  api.add(
    'post',
    `${toExchange}/messages`,
    { tag: 'Publish', summary: 'Publish to an exchange', description: MANY, body: OneOrMany, answer, errors: ERRORS },
    (c) => publishJson(http, c, c.req.param('exchange')!),
  )
  api.add(
    'post',
    `${toQueue}/messages`,
    { tag: 'Publish', summary: 'Publish to a queue', description: MANY, body: OneOrMany, answer, errors: ERRORS },
    (c) => publishJson(http, c, null),
  )
  const asItIs = 'The body is the message, its content type and content encoding are those of the request.'
  const raw = { tag: 'Publish', description: asItIs, query: RawQuery, raw: true, answer: Published, errors: ERRORS }
  api.add('post', `${toExchange}/raw`, { ...raw, summary: 'Publish a body to an exchange' }, (c) =>
    publishRaw(http, c, c.req.param('exchange')!),
  )
  api.add('post', `${toQueue}/raw`, { ...raw, summary: 'Publish a body to a queue' }, (c) => publishRaw(http, c, null))
}

/** Of one message of a batch. @throws what is a bug of ours */
function failureOf(error: unknown): { error: string; reason: string } {
  const failure = error instanceof Refusal ? asHttp(error) : error
  if (failure instanceof HttpError) return { error: failure.error, reason: failure.message }
  if (failure instanceof Refusal) return { error: failure.code.replaceAll('-', '_'), reason: failure.message }
  throw error
}

/** @param exchange null: the queue of the path, which must be there */
async function publishJson(http: HttpContext, c: Ctx, exchange: string | null): Promise<Response> {
  const client = clientOf(http, c)
  const given = await jsonBody(c, z.looseObject({}))
  if (!('messages' in given)) {
    const result = await publishOne(http, client, c, exchange, checked(Message, given))
    return c.json(result)
  }
  const { messages } = checked(Batch, given)
  await admitted(http)
  const prepared = messages.map((message) => prepare(http, c, exchange, message))
  let last = 0
  const results = prepared.map((message) => {
    try {
      const outcome = publish(client, message)
      last = Math.max(last, outcome.durable)
      return resultOf(outcome, message.mandatory)
    } catch (error) {
      return failureOf(error)
    }
  })
  await confirmed(client, last, messages.length)
  return c.json({ results })
}

async function publishRaw(http: HttpContext, c: Ctx, exchange: string | null): Promise<Response> {
  const client = clientOf(http, c)
  const { routing_key, persistent, mandatory, ...properties } = queryOf(c, RawQuery)
  const type = c.req.header('content-type')
  const contentEncoding = c.req.header('content-encoding')
  const body = new Uint8Array(await c.req.arrayBuffer())
  checkSize(http, body)
  await admitted(http)
  const outcome = publish(client, {
    ...placeOf(c, exchange, routing_key, mandatory),
    properties: {
      ...(type !== undefined && { content_type: type }),
      ...(contentEncoding !== undefined && { content_encoding: contentEncoding }),
      ...(properties as MessageProperties),
      delivery_mode: persistent === false ? TRANSIENT : PERSISTENT,
    },
    body,
  })
  await confirmed(client, outcome.durable, 1)
  return c.json(resultOf(outcome, mandatory === true || exchange === null))
}

async function publishOne(
  http: HttpContext,
  client: PublishingClient,
  c: Ctx,
  exchange: string | null,
  given: Message,
): Promise<{ routed: boolean }> {
  await admitted(http)
  const message = prepare(http, c, exchange, given)
  const outcome = publish(client, message)
  await confirmed(client, outcome.durable, 1)
  return resultOf(outcome, message.mandatory)
}

/** @throws HttpError 400, 413 */
function prepare(http: HttpContext, c: Ctx, exchange: string | null, message: Message) {
  return {
    ...placeOf(c, exchange, message.routing_key, message.mandatory),
    ...contentOf(http, message, message.persistent === false ? TRANSIENT : PERSISTENT),
  }
}

/** @throws HttpError 400, 413 */
export function contentOf(
  http: HttpContext,
  { payload, payload_encoding, properties, headers }: Omit<Message, 'routing_key' | 'mandatory' | 'persistent'>,
  deliveryMode: number,
): { properties: MessageProperties; body: Uint8Array } {
  const { body, isJson } = bytesOf(payload, payload_encoding)
  checkSize(http, body)
  const all = {
    ...(isJson && { content_type: 'application/json' }),
    delivery_mode: deliveryMode,
    ...properties,
    ...(headers !== undefined && { headers: { ...properties?.headers, ...headers } }),
  }
  return { properties: all as MessageProperties, body }
}

export function placeOf(c: Ctx, exchange: string | null, key: string | undefined, mandatory: boolean | undefined) {
  if (exchange !== null) {
    return { exchange: exchange === 'amq.default' ? '' : exchange, key: key ?? '', mandatory: mandatory ?? false }
  }
  if (key !== undefined) throw badRequest('routing_key: a message for a queue has none')
  return { exchange: '', key: c.req.param('queue')!, mandatory: true }
}

/** @throws HttpError 404 unroutable, 503 refused */
export function resultOf({ routed, refused }: PublishOutcome, mandatory: boolean): { routed: boolean } {
  if (refused) throw unavailable('refused', 'a queue is full, or a topic does not take such messages')
  if (!routed && mandatory) throw new HttpError(404, 'unroutable', 'no queue or topic takes the message')
  return { routed }
}

/** Publishers are turned away while an alarm is set, and wait while the log lags. @throws HttpError 503 */
export async function admitted({ broker }: HttpContext): Promise<void> {
  await keepPace(broker, () => broker.alarms.reason !== null)
  const { reason } = broker.alarms
  if (reason !== null) throw unavailable('blocked', `publishers are blocked: the broker is ${reason}`)
}

export function durable({ broker }: HttpContext, number: number): Promise<void> {
  return new Promise((resolve) => broker.durability.after(number, resolve))
}

function checkSize({ settings }: HttpContext, { length }: Uint8Array): void {
  if (length <= settings.maxMessageSize) return
  const reason = `message size ${length} is larger than configured max size ${settings.maxMessageSize}`
  throw new HttpError(413, 'content_too_large', reason)
}

/** @throws HttpError 400 */
function checked<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const found = schema.safeParse(value)
  if (found.success) return found.data
  const [issue] = found.error.issues
  const at = issue.path.join('.')
  throw badRequest(at === '' ? issue.message : `${at}: ${issue.message}`)
}
