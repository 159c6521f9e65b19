/** What a check of the data directory finds, and what a repair would do about it. */

/**
 * leftover: no damage, a crash leaves it and the next start removes it · mend: damage that is put right without a loss ·
 * loss: damage that takes something along · beyond: nothing here can be done about it.
 */
export type Severity = 'leftover' | 'mend' | 'loss' | 'beyond'

/** Records of one log that are not there any more. */
export interface LostRecords {
  readonly logId: number
  /** Whose log it is, as its owner says; null where that is lost too. */
  readonly owner: string | null
  /** Offsets [from, to). */
  readonly from: number
  readonly to: number
  /** At most: some of these offsets may never have had a record, or be of records that were settled. */
  readonly records: number
}

export interface Finding {
  readonly severity: Severity
  /** Relative to the data directory. */
  readonly file: string
  /** Byte in the file; null where the whole file is meant. */
  readonly position: number | null
  readonly what: string
  /** Owners of the logs that are concerned. */
  readonly owners: readonly string[]
  /** What a repair does. */
  readonly remedy: string
  readonly lost: readonly LostRecords[]
  /** What else would be lost, in words. */
  readonly alsoLost: readonly string[]
}

export function finding(
  severity: Severity,
  file: string,
  what: string,
  remedy: string,
  more: Partial<Pick<Finding, 'position' | 'owners' | 'lost' | 'alsoLost'>> = {},
): Finding {
  return { severity, file, what, remedy, position: null, owners: [], lost: [], alsoLost: [], ...more }
}

/** A leftover of a crash is none: the next start removes it. */
export function isDamage({ severity }: Finding): boolean {
  return severity !== 'leftover'
}
