/** A refusal as answers carry it: a code and, where the API has room, a text. */
import { type StreamError, StreamRefusal } from '../broker/stream-refusal.ts'
import { errorCode } from './error-codes.ts'
import { errorText } from './error-texts.ts'

export interface Refused {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const ACCEPTED: Refused = { errorCode: 0, errorMessage: null }

export function refused(error: StreamError, text: string | null = errorText(error)): Refused {
  return { errorCode: errorCode(error), errorMessage: text }
}

/** Answers what `task` does, or what it was refused for. */
export function attempted<T>(task: () => T): T | Refused {
  try {
    return task()
  } catch (error) {
    if (!(error instanceof StreamRefusal)) throw error
    return refused(error.code, error.message)
  }
}

/** The names that stand in a list more than once. */
export function repeated(names: Iterable<string>): Set<string> {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) twice.add(name)
    seen.add(name)
  }
  return twice
}
