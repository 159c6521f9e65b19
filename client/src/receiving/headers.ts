/** Headers of jobs and other messages that are tried again, beside those of whoever sends them. */
import type { Options } from 'amqplib'
import type { Delivery } from '../connection/delivery.ts'
import { type ErrorText, errorText } from '../message/remote-error.ts'

/** The key of a job whose queue keeps the order of each key. */
export const ORDERING_KEY = 'x-ordering-key'
/** Runs that failed before this message: where a retry is a message of its own, and in dead letters. */
export const FAILURES = 'x-job-failures'
/** In dead letters that a worker wrote. */
export const REASON = 'x-job-reason'
export const FAILED_AT = 'x-failed-at'
const ERROR = {
  name: 'x-error-name',
  message: 'x-error-message',
  stack: 'x-error-stack',
  code: 'x-error-code',
} as const

/** What has become of a message, in words of brokers and workers. It is told of one message and not of its copies. */
const OF_ONE_MESSAGE =
  /^(x-(first|last)-death-.*|x-death|x-delay|x-(delivery|acquired)-count|x-deduplication-header|x-cache-ttl|x-job-.*|x-error-.*|x-failed-at)$/

/** The headers of a message as they were when it was added. */
export function asAdded(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_ONE_MESSAGE.test(name)))
}

/** The properties of a copy of the delivery. Its time to live is over: that was until its first run. */
export function propertiesOfCopy({ properties }: Delivery, headers: Record<string, unknown>): Options.Publish {
  const { contentType, contentEncoding, priority, correlationId, replyTo, messageId, timestamp, type, appId } =
    properties
  const kept = { contentType, contentEncoding, priority, correlationId, replyTo, messageId, timestamp, type, appId }
  const present = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined))
  return { ...present, headers, persistent: true, mandatory: true }
}

/** Runs that failed before this one, as far as anybody counted. */
export function failuresBefore({ headers, returns }: Delivery): number {
  const noted = headers[FAILURES]
  return (typeof noted === 'number' ? noted : 0) + returns
}

export function errorHeaders(thrown: unknown): Record<string, unknown> {
  const error = errorText(thrown)
  return Object.fromEntries(
    Object.entries(ERROR).flatMap(([part, header]) => {
      const value = error[part as keyof ErrorText]
      return value === undefined ? [] : [[header, value]]
    }),
  )
}

export function errorOf(headers: Readonly<Record<string, unknown>>): ErrorText | undefined {
  const { [ERROR.name]: name, [ERROR.message]: message, [ERROR.stack]: stack, [ERROR.code]: code } = headers
  if (typeof name !== 'string') return undefined
  return {
    name,
    message: String(message),
    ...(typeof stack === 'string' && { stack }),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
  }
}
