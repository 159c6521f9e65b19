/** A whole batch that stands under a wrong offset, which its checksum leaves out: the batches around it tell the right one. */
import { writeInt64 } from '../../base/bytes.ts'
import type { Case } from './case.ts'
import { type Finding, finding } from './finding.ts'
import { keepCopy, type Step } from './treatment.ts'

/** The base offset, the first field of a batch. */
const FIELD_BYTES = 8

export async function setOffsetRight(
  open: Case,
  owners: Finding['owners'],
  path: string,
  position: number,
  offset: number,
): Promise<void> {
  const bytes = Buffer.alloc(FIELD_BYTES)
  writeInt64(bytes, 0, offset)
  const steps: Step[] = [...keepCopy(path, position, position + FIELD_BYTES), { kind: 'write', path, position, bytes }]
  const what = `the batch there has a wrong offset: it is that of ${offset}`
  const remedy = 'it is set right, as the batches around it tell'
  await open.found(finding('mend', path, what, remedy, { position, owners }), steps)
}
