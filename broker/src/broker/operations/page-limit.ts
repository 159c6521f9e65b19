/** How many entries one page may be asked to hold. */
import { Refusal } from '../refusal.ts'

export const PAGE_LIMIT = 100
const LIMIT_MAX = 10_000

/** @throws Refusal precondition-failed */
export function checkLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return
  throw new Refusal('precondition-failed', `limit must be between 1 and ${LIMIT_MAX}, not ${limit}`)
}
