/** Messages as `/v1` takes and gives them. */
import { z } from '@hono/zod-openapi'

export const BATCH_MAX = 1000

export const AS_TEXT = 'JSON is given as the text that it is, byte for byte, and not as a value.'

const octet = z.int().min(0).max(255)

const Properties = z
  .strictObject({
    content_type: z.string().optional(),
    content_encoding: z.string().optional(),
    headers: z.record(z.string(), z.any()).optional(),
    delivery_mode: z.union([z.literal(1), z.literal(2)]).optional(),
    priority: octet.optional(),
    correlation_id: z.string().optional(),
    reply_to: z.string().optional(),
    expiration: z.string().optional().openapi({ description: 'Time to live in milliseconds, in digits.' }),
    message_id: z.string().optional(),
    timestamp: z.int().min(0).optional().openapi({ description: 'Seconds since 1970.' }),
    type: z.string().optional(),
    user_id: z.string().optional(),
    app_id: z.string().optional(),
    cluster_id: z.string().optional(),
  })
  .openapi('Properties', { example: { message_id: '42', type: 'order.created' } })

export const encoding = z.enum(['json', 'string', 'base64'])

const content = {
  payload: z.any().openapi({ description: 'Any JSON value, or text.' }),
  payload_encoding: encoding.optional().openapi({
    description: 'Without it a text is sent as it is, and any other value as JSON with content type application/json.',
  }),
  properties: Properties.optional(),
  headers: z.record(z.string(), z.any()).optional().openapi({ description: 'Short for `properties.headers`.' }),
}

const outgoing = {
  ...content,
  persistent: z
    .boolean()
    .optional()
    .openapi({ description: 'Kept over a restart by durable queues; true unless told.' }),
  mandatory: z.boolean().optional().openapi({ description: 'An error if nothing takes the message.' }),
}

export const Message = z
  .strictObject({
    routing_key: z.string().optional().openapi({ description: 'For an exchange; a message for a queue has none.' }),
    ...outgoing,
  })
  .openapi('Message', { example: { payload: { order: 42 }, headers: { region: 'eu' } } })

export type Message = z.output<typeof Message>

export const Request = z
  .strictObject({
    routing_key: z.string().optional().openapi({ description: 'For an exchange; a message for a queue has none.' }),
    ...content,
    timeout_ms: z.int().min(1).max(60_000).optional().openapi({ description: '10000 unless told.' }),
    as_text: z.boolean().optional().openapi({ description: AS_TEXT }),
  })
  .openapi('Request', { example: { payload: { article: 7 }, timeout_ms: 5000 } })

const given = {
  payload: z.any(),
  payload_encoding: encoding,
  properties: Properties,
}

export const Reply = z
  .object(given)
  .openapi('Reply', { example: { payload: { price: 12.5 }, payload_encoding: 'json', properties: {} } })

export type Reply = z.output<typeof Reply>

export const ReceivedMessage = z
  .object({
    lease: z.string().openapi({ description: 'Names the message to ack, nack and extend.' }),
    lease_until: z.int().nullable().openapi({ description: 'Then it goes back, ms since 1970.' }),
    exchange: z.string(),
    routing_key: z.string(),
    redelivered: z.boolean(),
    delivery_count: z.int().openapi({ description: 'How often it came back.' }),
    payload_bytes: z.int(),
    ...given,
  })
  .openapi('ReceivedMessage', {
    example: {
      lease: 'WyIvIiwib3JkZXJzIiwwLCJhYmMiXQ',
      lease_until: 1_795_000_030_000,
      exchange: 'shop',
      routing_key: 'orders.eu',
      redelivered: false,
      delivery_count: 0,
      payload_bytes: 12,
      payload: { order: 42 },
      payload_encoding: 'json',
      properties: { content_type: 'application/json', delivery_mode: 2 },
    },
  })

export type ReceivedMessage = z.output<typeof ReceivedMessage>
