/**
 * Names of exchanges and queues, made of names that programs chose: `video:encode:dead`. Those may have any character but
 * the one between them, so no two things have one name. Of what begins with its kind, as `unicast:printers:p1` does, the
 * kinds are taken.
 */

const BETWEEN = ':'
const KINDS = ['unicast', 'multicast', 'broadcast', 'anycast', 'service', 'mailbox'] as const

export type Kind = (typeof KINDS)[number]

export const joined = (...parts: readonly string[]): string => parts.join(BETWEEN)

/** The name of a thing that begins with its kind. */
export const ofKind = (kind: Kind, name: string): string => joined(kind, name)

/**
 * A name that a program chose.
 * @param what for the error: `job`, `member`
 * @throws TypeError
 */
export function checkName(what: string, name: string): void {
  if (typeof name !== 'string' || name === '')
    throw new TypeError(`the name of a ${what} must be a text, and not empty`)
  if (!name.includes(BETWEEN)) return
  throw new TypeError(
    `a ${what} cannot be named '${name}': '${BETWEEN}' stands between names in the broker. Take another character, for instance '.', '-' or '/'`,
  )
}

/** A name that other names begin with, and no kind before it. @throws TypeError */
export function checkFirstName(what: string, name: string): void {
  checkName(what, name)
  if (!(KINDS as readonly string[]).includes(name)) return
  throw new TypeError(
    `a ${what} cannot be named '${name}': it is one of ${KINDS.join(', ')}, which begin names of others`,
  )
}
