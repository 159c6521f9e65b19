/**
 * Where entries are lost, records that stood in them may stand in segments that the checkpoint does not count yet, and
 * that a start would cut or remove because the journal has it all. They are carried into the last entry.
 */
import { MessageView } from '../../record/message.ts'
import { ColdChunk } from '../cold-chunk.ts'
import { MESSAGE_HEAD_BYTES } from '../message-section.ts'
import { SECTION_HEAD_BYTES, SectionKind, writeSectionHead, writeU64 } from '../section.ts'
import { BatchScan } from './batch-scan.ts'
import type { Case } from './case.ts'
import type { Closing } from './closing-entry.ts'
import { finding } from './finding.ts'
import type { LogCase, ShardState } from './shard-state.ts'
import { keepCopy, type Step } from './treatment.ts'

/** What does not fit an entry stays lost. */
const SECTION_BYTES_MAX = 800_000

export async function carryUncounted(open: Case, folder: string, state: ShardState, closing: Closing): Promise<void> {
  for (const name of await open.disk.list(folder)) {
    const [, id, base] = /^(\d+)-(\d{20})\.log$/.exec(name) ?? []
    const log = state.logs.get(Number(id))
    if (log === undefined) continue
    const path = `${folder}/${name}`
    const counted = log.segments.find((one) => one.base === Number(base))
    const size = await open.size(path)
    const from = counted?.length ?? 0
    if (size <= from) continue
    const carried = await carry(open, path, from, size, counted?.end ?? Number(base), log, closing)
    const what = `${carried} records stand behind what counts, and in no entry of the journal any more`
    const steps: Step[] =
      counted === undefined ? [] : [...keepCopy(path, from, size), { kind: 'truncate', path, size: from }]
    const owners = log.owner === null ? [] : [log.owner]
    const found = finding('loss', path, what, 'they are put into the journal again', { position: from, owners })
    if (carried > 0 || steps.length > 0) await open.found(found, steps)
  }
}

async function carry(
  open: Case,
  path: string,
  from: number,
  to: number,
  first: number,
  log: LogCase,
  closing: Closing,
): Promise<number> {
  const view = new MessageView()
  let carried = 0
  const range = { from, to, first, limit: Number.POSITIVE_INFINITY }
  await new BatchScan(open, path, to).run(range, (bytes, at) => {
    const chunk = new ColdChunk(bytes, at, 0, 0, 0)
    let index = 0
    chunk.forEachLength((offset) => {
      chunk.describe(index++, view)
      const isKept = offset < log.coldEnd || log.ledger.isSettled(offset) || log.journaled.has(offset)
      const section = isKept ? null : carrySection(log.id, offset, view)
      if (section === null || section.length > SECTION_BYTES_MAX) return
      log.journaled.add(offset)
      closing.carry(section)
      carried++
    })
  })
  return carried
}

/** See message-section.ts. */
function carrySection(logId: number, offset: number, view: MessageView): Buffer {
  const part = (position: number, length: number): Uint8Array => view.buffer.subarray(position, position + length)
  const names = [
    Buffer.of(view.exchangeLen),
    part(view.exchangePos, view.exchangeLen),
    Buffer.of(view.keyLen),
    part(view.keyPos, view.keyLen),
  ]
  const rest = [part(view.propertiesPos, view.propertiesLen), part(view.bodyPos, view.bodyLen)]
  const bytes = Buffer.concat([Buffer.alloc(MESSAGE_HEAD_BYTES), ...names, ...rest])
  const into = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  writeSectionHead(into, 0, SectionKind.carry, bytes.length - SECTION_HEAD_BYTES, logId)
  writeU64(into, 16, offset)
  writeU64(into, 24, view.arrival)
  writeU64(into, 32, view.expiry)
  into.setUint32(40, view.bodyLen)
  into.setUint32(44, view.propertiesLen)
  into.setUint16(48, 2 + view.exchangeLen + view.keyLen)
  into.setUint8(50, view.priority)
  into.setUint8(51, (view.persistent ? 1 : 0) | (view.hasPriority ? 2 : 0))
  return bytes
}
