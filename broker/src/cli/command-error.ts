/** A command that could not do what it was asked to: the reason is for the user, the exit code is 1. */
export class CommandError extends Error {
  override name = 'CommandError'
}
