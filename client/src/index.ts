/** Messaging for applications: jobs, events, the four patterns and calls, over Signalbox or any RabbitMQ. */
export { Client, type ClientEvents } from './client.ts'
export { type ClientOptions, connect } from './connect.ts'
export type { BrokerInfo } from './connection/broker-info.ts'
export {
  ClientClosed,
  DeclareRefused,
  Invalid,
  NotConfirmed,
  PublishRefused,
  SignalboxError,
  Unroutable,
  UnsupportedByBroker,
} from './errors.ts'
export { type Codec, json } from './message/codec.ts'
export type { MessagePublisher, OutgoingMessage } from './message/outgoing.ts'
export type { Schema, Schemas } from './message/schema.ts'
export type { Operation, Telemetry } from './telemetry/telemetry.ts'
