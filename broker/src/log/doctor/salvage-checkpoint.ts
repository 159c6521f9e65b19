/**
 * Makes a checkpoint of what is left of broken ones: every chunk that checks counts, the newest that tells of an object
 * wins. Where no checkpoint is left at all, an empty one lets the journal begin where it does.
 */
import {
  ByteWriter,
  CHECKPOINT_HEAD_BYTES,
  CHUNK_BYTES_MAX,
  CHUNK_HEAD_BYTES,
  ChunkKind,
  chunkEnd,
  encodeChunk,
  encodeDefinition,
  encodeFoot,
  encodeHead,
  encodeLog,
  visitChunk,
} from '../checkpoint-format.ts'
import { encodeCursor } from '../cursor.ts'
import { encodePartition } from '../partition/partition-state.ts'
import { encodeLedger } from '../source-ledger.ts'
import type { Case } from './case.ts'
import { finding } from './finding.ts'
import { journalFiles } from './journal-files.ts'
import { type Step, setAside } from './treatment.ts'

/** Ids that lost objects may have had are left out of use. */
const ID_MARGIN = 1000

interface Broken {
  readonly shardFolder: string
  readonly shard: number
  readonly storeId: Uint8Array
  /** Newest first. */
  readonly broken: readonly { path: string; bytes: Buffer }[]
}

interface SavedObject {
  readonly kind: number
  readonly bytes: Buffer
  readonly appliedThrough: number
}

export async function salvageCheckpoint(open: Case, { shardFolder, shard, storeId, broken }: Broken): Promise<void> {
  const objects = new Map<string, SavedObject>()
  let largestId = await largestIdOf(open, shardFolder)
  for (const { bytes } of broken) largestId = Math.max(largestId, collect(bytes, objects))
  const chunks = chunksOf([...objects.values()])
  const journalFrom = await firstFile(open, shardFolder)
  const lastEntry = Math.max(0, ...[...objects.values()].map(({ appliedThrough }) => appliedThrough))
  const nextLogId = largestId + ID_MARGIN
  const head = encodeHead({ storeId, shard, firstEntry: lastEntry, journalFrom, nextLogId })
  const name = broken[0]?.path ?? `${shardFolder}/checkpoint/${String(lastEntry).padStart(20, '0')}.ckp`
  const steps: Step[] = broken.map(({ path }) => ({ kind: 'move', path, to: setAside(path) }))
  steps.push({ kind: 'compose', path: name, parts: [head, ...chunks, encodeFoot(chunks, lastEntry)] })
  const what =
    broken.length > 0 ? 'no checkpoint checks' : 'no checkpoint is there, and the journal does not begin with entry 1'
  const count = `${objects.size} logs and definitions`
  await open.found(
    finding('loss', name, what, `one is made of what is left: ${count}; the broken ones are set aside`, {
      alsoLost: ['queues, topics and definitions that the damaged parts told of, with what they hold'],
    }),
    steps,
  )
}

/** Adds what the chunks tell that check, unless it is known. @returns the largest id */
function collect(bytes: Buffer, objects: Map<string, SavedObject>): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let largestId = 0
  const add = (kind: number, id: number | string, appliedThrough: number, encode: (into: ByteWriter) => void): void => {
    if (typeof id === 'number') largestId = Math.max(largestId, id)
    if (objects.has(`${kind} ${id}`)) return
    const into = new ByteWriter()
    encode(into)
    objects.set(`${kind} ${id}`, { kind, bytes: into.done(), appliedThrough })
  }
  for (let at = CHECKPOINT_HEAD_BYTES; at + CHUNK_HEAD_BYTES <= bytes.length; ) {
    const end = chunkEnd(bytes, view, at, bytes.length)
    if (end < 0 || bytes[at] < ChunkKind.logs || bytes[at] > ChunkKind.ledgers) {
      at++
      continue
    }
    visitChunk(bytes, view, at, {
      log: (state, through) => add(ChunkKind.logs, state.id, through, (into) => encodeLog(into, state)),
      definition: (id, value, through) =>
        add(ChunkKind.definitions, id, through, (into) => encodeDefinition(into, id, value)),
      partition(state, through) {
        if (state !== null) add(ChunkKind.partitions, state.id, through, (into) => encodePartition(into, state))
      },
      cursor: (state, through) => add(ChunkKind.cursors, state.id, through, (into) => encodeCursor(into, state)),
      ledger: (state, through) => add(ChunkKind.ledgers, state.id, through, (into) => encodeLedger(into, state)),
    })
    at = end
  }
  return largestId
}

/** The oldest comes last: of definitions a start believes the last chunk how far it counts. */
function chunksOf(objects: readonly SavedObject[]): Buffer[] {
  const chunks: Buffer[] = []
  const sorted = [...objects].sort((a, b) => b.appliedThrough - a.appliedThrough || a.kind - b.kind)
  let some: SavedObject[] = []
  const flush = (): void => {
    if (some.length === 0) return
    const [{ kind, appliedThrough }] = some
    chunks.push(encodeChunk(kind, some.length, Buffer.concat(some.map(({ bytes }) => bytes)), appliedThrough))
    some = []
  }
  let bytes = 0
  for (const object of sorted) {
    const [first] = some
    const isSame = first?.kind === object.kind && first.appliedThrough === object.appliedThrough
    if (!isSame || bytes > CHUNK_BYTES_MAX / 2) {
      flush()
      bytes = 0
    }
    some.push(object)
    bytes += object.bytes.length
  }
  flush()
  return chunks
}

/** The first of the journal files that follow each other up to the newest. */
async function firstFile(open: Case, shardFolder: string): Promise<number> {
  const files = await journalFiles(open, `${shardFolder}/journal`)
  const seqs = new Set(files.flatMap(({ head }) => head?.seq ?? []))
  let first = Math.max(1, ...seqs)
  while (seqs.has(first - 1)) first--
  return first
}

/** That names of files tell. */
async function largestIdOf(open: Case, shardFolder: string): Promise<number> {
  let largest = 0
  for (const name of await open.disk.list(`${shardFolder}/segments`)) {
    largest = Math.max(largest, Number.parseInt(name, 10) || 0)
  }
  for (const name of await open.disk.list(`${shardFolder}/partitions`)) {
    largest = Math.max(largest, Number(name.slice(name.lastIndexOf('.') + 1)) || 0)
  }
  return largest
}
