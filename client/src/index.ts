/**
 * Messaging for applications: jobs, events, the four patterns and calls, over Signalbox or any RabbitMQ.
 *
 * @module client
 */
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
export type { Event, EventOf } from './events/event.ts'
export type { SubscribeOptions } from './events/subscribe.ts'
export type { PublishOptions, Topic, TopicOptions } from './events/topic.ts'
export type { From, Retention } from './events/topology.ts'
export type { AddOptions, JobOptions } from './jobs/add-options.ts'
export type { AddedJob, ResultOptions } from './jobs/added-job.ts'
export { JobGivenUp, NoResult, ResultTimeout } from './jobs/errors.ts'
export type { Job, JobHandler } from './jobs/job.ts'
export type { JobQueue, NewJob } from './jobs/job-queue.ts'
export type { When } from './jobs/schedules.ts'
export type { JobSettings, QueueOptions } from './jobs/settings.ts'
export type { Worker, WorkerEvents } from './jobs/worker.ts'
export { type Codec, json } from './message/codec.ts'
export type { MessagePublisher, OutgoingMessage } from './message/outgoing.ts'
export { type ErrorText, RemoteError } from './message/remote-error.ts'
export type { Schema, Schemas } from './message/schema.ts'
export type { Anycast, AnycastOptions } from './patterns/anycast.ts'
export type { Broadcast, ListenOptions } from './patterns/broadcast.ts'
export type { Multicast } from './patterns/multicast.ts'
export type { MessageHandler, PatternOptions, SendOptions } from './patterns/pattern.ts'
export type { Unicast } from './patterns/unicast.ts'
export type { DeadJob, DeadLetters, ListOptions, RedriveOptions } from './receiving/dead-letters.ts'
export { NoRetry } from './receiving/no-retry.ts'
export type { Received, ReceiveOptions } from './receiving/receiver.ts'
export type { Retry } from './receiving/retry.ts'
export type { Dispatch } from './receiving/work-queue.ts'
export type { CallOptions } from './rpc/call.ts'
export { CallCancelled, CallTimeout } from './rpc/call-errors.ts'
export type { MethodHandler, Service, ServiceOptions } from './rpc/service.ts'
export type { CallContext, HandleOptions } from './rpc/worker.ts'
export type { Stoppable } from './stoppable.ts'
export type { Operation, Telemetry } from './telemetry/telemetry.ts'
