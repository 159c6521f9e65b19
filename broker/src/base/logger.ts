/**
 * Diagnostics for the operator, one JSON line each. Passed in by whoever starts the broker; nothing here is global.
 */
import { pino } from 'pino'

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

type LogMethod = (fields: object, message: string) => void

export interface Logger {
  fatal: LogMethod
  error: LogMethod
  warn: LogMethod
  info: LogMethod
  debug: LogMethod
  trace: LogMethod
}

/** Where lines go: a file descriptor, written at once so that the last words before an end are not lost, or a sink. */
export type LogDestination = number | { write(line: string): void }

export function createLogger(level: LogLevel, destination: LogDestination = 2): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  }
  return pino(
    options,
    typeof destination === 'number' ? pino.destination({ fd: destination, sync: true }) : destination,
  )
}

export function silentLogger(): Logger {
  return pino({ level: 'silent' })
}
