/** What Kafka's clients show beside an error code, where nothing more can be said. */
import type { StreamError } from '../broker/stream-refusal.ts'

const TEXTS: Partial<Readonly<Record<StreamError, string>>> = {
  'unknown-topic-or-partition': 'This server does not host this topic-partition.',
  'unknown-topic-id': 'This server does not host this topic ID.',
  'topic-authorization-failed': 'Topic authorization failed.',
  'group-authorization-failed': 'Group authorization failed.',
  'cluster-authorization-failed': 'Cluster authorization failed.',
  'invalid-topic-exception': 'The request attempted to perform an operation on an invalid topic.',
}

export function errorText(error: StreamError): string | null {
  return TEXTS[error] ?? null
}
