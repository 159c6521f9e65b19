/**
 * What topics, groups and transactions refuse, as HTTP answers it: RabbitMQ's words where it has one, Kafka's reason in
 * the text. What is not named is the caller's mistake.
 */
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { StreamError } from '../broker/stream-refusal.ts'

type Answer = readonly [ContentfulStatusCode, string]

const NOT_FOUND: Answer = [404, 'not_found']
const NOT_AUTHORISED: Answer = [401, 'not_authorised']
const CONFLICT: Answer = [409, 'conflict']
const BAD_REQUEST: Answer = [400, 'bad_request']
const UNAVAILABLE: Answer = [503, 'service_unavailable']

const ANSWERS: { readonly [E in StreamError]?: Answer } = {
  'unknown-topic-or-partition': NOT_FOUND,
  'group-id-not-found': NOT_FOUND,
  'transactional-id-not-found': NOT_FOUND,
  'topic-authorization-failed': NOT_AUTHORISED,
  'group-authorization-failed': NOT_AUTHORISED,
  'transactional-id-authorization-failed': NOT_AUTHORISED,
  'cluster-authorization-failed': NOT_AUTHORISED,
  'topic-already-exists': CONFLICT,
  'non-empty-group': CONFLICT,
  'group-subscribed-to-topic': CONFLICT,
  'message-too-large': [413, 'content_too_large'],
  'kafka-storage-error': UNAVAILABLE,
  'not-enough-replicas': UNAVAILABLE,
  'unknown-server-error': [500, 'internal_error'],
}

export function streamStatus(error: StreamError): Answer {
  return ANSWERS[error] ?? BAD_REQUEST
}
