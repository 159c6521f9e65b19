/** Bugs that can be planted, so that the simulation can show that it would find them. Never set outside of tests. */
export interface Faults {
  /** A round counts as durable when its write begins. */
  confirmBeforeSync?: boolean
  /** Settles are written in front of the records they are about. */
  settleAheadOfRecord?: boolean
  /** Journal files are freed when their retirement begins. */
  retireBeforeCheckpoint?: boolean
}
