/**
 * Errors that are bugs of ours. They are thrown, never answered to a client: what is not known to be right must not go
 * on to touch the disk.
 */
export class Bug extends Error {
  override readonly name = 'Bug'
}

/** @throws Bug if the condition does not hold. The message is a constant, so that a check costs nothing. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Bug(message)
}
