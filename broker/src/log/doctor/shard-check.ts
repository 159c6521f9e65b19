/** What the checks of a shard's segments share. */
import type { Case } from './case.ts'
import type { Closing } from './closing-entry.ts'
import type { JournalCopies } from './journal-copies.ts'
import type { ShardState } from './shard-state.ts'

export interface ShardCheck {
  readonly open: Case
  readonly state: ShardState
  readonly closing: Closing
  readonly copies: JournalCopies
  /** Files that are in use. */
  readonly known: Set<string>
}
