/**
 * What stands on disk is not what was written there. The broker never decides by itself what to give up: it names the
 * file, the place and what is concerned, and does not start.
 */
export class Damage extends Error {
  override readonly name = 'Damage'
  /** Relative to the data directory. */
  readonly file: string

  constructor(file: string, what: string) {
    super(`${file} is damaged: ${what}`)
    this.file = file
  }
}
