/** Bugs that can be planted, so that the simulation can show that it would find them. Never set outside of tests. */
export interface Faults {
  /** A round counts as durable when its write begins. */
  confirmBeforeSync?: boolean
  /** Settles are written in front of the records they are about. */
  settleAheadOfRecord?: boolean
  /** Cursors are written for themselves, in front of the copies they count in. */
  cursorAheadOfCopy?: boolean
  /** Cursors are written for themselves, behind the copies they count in. */
  copyWithoutCursor?: boolean
  /** Journal files are freed when their retirement begins. */
  retireBeforeCheckpoint?: boolean
}
