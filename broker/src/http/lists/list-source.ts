/** What a list is made of: the objects it lists, their cheap keys, and how one of them is described. */
import type { RowOptions } from './row-options.ts'

export type SortKey = string | number | boolean | null

export interface ListSource<T extends object> {
  /** Of things: `queues`. */
  readonly kind: string
  /** Which of the kind `all` gives: the vhosts, or the owner. Orders are shared by all who ask for the same. */
  readonly scope: string
  /** Each once; the same object as long as the thing is there. */
  all(): Iterable<T>
  /** Moves when things come and go. */
  setVersion(): number | string
  /** What `name=` filters by, and rows are in the order of; where there is a column `vhost`, that comes first. */
  name(object: T): string
  /** What else it is called: `search=` finds it by these too. */
  otherNames?(object: T): readonly string[]
  /** Cheap to read, by the names that `sort=` gives them, dotted as in the row. */
  readonly columns: Readonly<Record<string, (object: T) => SortKey>>
  /** The whole row. Only called for what is shown; the thing may have gone a moment ago. */
  describe(object: T, options: RowOptions): object
}
