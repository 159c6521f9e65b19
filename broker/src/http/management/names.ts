/** How RabbitMQ writes lists of names, and says that something is missing. */
import { z } from 'zod'
import { Refusal } from '../../broker/refusal.ts'
import { badRequest } from '../answers.ts'

/** An array, or one text with commas. */
export const tagList = z.union([z.string(), z.array(z.string())]).transform((given) => {
  const tags = typeof given === 'string' ? given.split(',') : given
  return [...new Set(tags.map((tag) => tag.trim()).filter((tag) => tag !== ''))]
})

/** @throws HttpError 400 in RabbitMQ's words */
export function requireKeys(body: Readonly<Record<string, unknown>>, keys: readonly string[]): void {
  const missing = keys.filter((key) => body[key] === undefined).map((key) => `{key_missing,${key}}`)
  if (missing.length > 0) throw badRequest(`[${missing.join()}]`)
}

/** What is refused of a policy or a parameter. @throws HttpError 400 in RabbitMQ's words */
export function validated<T>(change: () => T): T {
  try {
    return change()
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'precondition-failed') throw error
    throw badRequest(`Validation failed\n\n${error.message}\n`)
  }
}
