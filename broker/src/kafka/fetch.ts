/** Fetch: which partitions are asked for, by the request or by its session; the rest is pending-fetch.ts. */
import type { StreamError } from '../broker/stream-refusal.ts'
import { fetch } from '../wire/kafka/messages/fetch.ts'
import type { RequestOf, ResponseOf } from '../wire/kafka/schema.ts'
import { errorCode } from './error-codes.ts'
import { addEntries, type FetchEntry, type FetchSession } from './fetch-session.ts'
import { type Call, handler } from './handler.ts'
import { PendingFetch } from './pending-fetch.ts'

export type FetchRequest = RequestOf<typeof fetch>
export type FetchTopic = FetchRequest['topics'][number]
export type FetchAnswer = ResponseOf<typeof fetch>

/** As session epochs: begin a session; have none, or end it. */
const INITIAL = 0
const FINAL = -1
const IDS_SINCE = 13

export const fetchHandler = handler(fetch, (request, call) => {
  if (request.sessionEpoch === INITIAL || request.sessionEpoch === FINAL) whole(request, call)
  else incremental(request, call)
})

function whole(request: FetchRequest, call: Call<FetchAnswer>): void {
  const { fetchSessions } = call.context
  fetchSessions.delete(request.sessionId)
  const session =
    request.sessionEpoch === INITIAL && request.topics.length > 0
      ? fetchSessions.create(call.principal.user, call.version >= IDS_SINCE, call.now)
      : null
  const entries = session?.entries ?? new Map<string, FetchEntry>()
  addEntries(request.topics, entries)
  new PendingFetch(request, call, [...entries.values()], session, true).begin()
}

function incremental(request: FetchRequest, call: Call<FetchAnswer>): void {
  const session = call.context.fetchSessions.get(request.sessionId)
  const error = sessionError(request, call, session)
  if (error !== null) {
    call.respond({ errorCode: errorCode(error) })
    return
  }
  call.context.fetchSessions.touch(session!, call.now)
  session!.update(request)
  session!.advance()
  new PendingFetch(request, call, [...session!.entries.values()], session!, false).begin()
}

function sessionError(
  request: FetchRequest,
  call: Call<FetchAnswer>,
  session: FetchSession | undefined,
): StreamError | null {
  if (session === undefined || session.user !== call.principal.user) return 'fetch-session-id-not-found'
  if (session.usesIds !== call.version >= IDS_SINCE) return 'fetch-session-topic-id-error'
  return session.epoch === request.sessionEpoch ? null : 'invalid-fetch-session-epoch'
}
