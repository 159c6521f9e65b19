/** Waiting that has an end. */

/** Of timers. */
const MS_MAX = 2 ** 31 - 1

/** Resolves when the promise settles, however it does, and at the latest after so many ms. */
export async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, Math.min(ms, MS_MAX))
  try {
    await Promise.race([promise, late.promise])
  } catch {
    // Whoever cares waits for the promise itself.
  } finally {
    clearTimeout(timer)
  }
}
