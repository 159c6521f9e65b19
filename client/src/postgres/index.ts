/**
 * State beside messages, in PostgreSQL: what is published with a transaction, and what is handled once.
 *
 * @module client/postgres
 */
export type { Connection, Pool, Queryable } from './database.ts'
export { createInbox, type Handled, type Inbox, type InboxOptions, type Once } from './inbox.ts'
export { type AddOptions, createOutbox, type Outbox, type OutboxOptions, type ParkedMessage } from './outbox.ts'
export { type Relay, type RelayOptions, startRelay } from './relay.ts'
