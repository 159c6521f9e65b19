/**
 * Where Signalbox's management API answers otherwise than RabbitMQ 3.10's, and why. Whatever differs and is not listed
 * here fails, and so does what is listed and no longer differs. `docs/management-api.md` shows this list.
 */

export interface Difference {
  /** The requests it is seen in, as `METHOD /path` or a row's own name; `*` stands for anything. */
  readonly rows: string | readonly string[]
  /** Where in the answer, `*` for anything; empty for the answer as a whole. */
  readonly path: string | readonly string[]
  readonly kind?: 'status' | 'header' | 'missing' | 'extra' | 'type' | 'value' | 'length'
  readonly reason: string
  /** Seen in some runs only. */
  readonly sometimes?: true
}

export const differences: readonly Difference[] = []
