/**
 * Takes checkpoints of a shard and finds them again. A checkpoint is taken in slices, each at a seal, when memory and
 * journal say the same; each slice notes the entry just sealed, so that replay knows where to go on for it. The newest
 * two are kept: the older one with its whole journal is still there if the newer one cannot be read.
 */
import type { Disk } from '../base/disk.ts'
import {
  ByteWriter,
  CHUNK_BYTES_MAX,
  ChunkKind,
  type DecodedCheckpoint,
  decodeCheckpoint,
  encodeChunk,
  encodeDefinition,
  encodeFoot,
  encodeHead,
  encodeLog,
} from './checkpoint-format.ts'
import { encodeCursor } from './cursor.ts'
import type { FileLog } from './file-log.ts'
import { encodePartition } from './partition/partition-state.ts'
import type { Shard } from './shard.ts'
import { encodeLedger } from './source-ledger.ts'

const STEP_BYTES = 1 << 20
const KEPT = 2

/** What a checkpoint covers. */
export interface CheckpointSource {
  readonly storeId: Uint8Array
  readonly shard: Shard
  readonly logs: ReadonlyMap<number, FileLog>
  /** Null in shards that hold none. */
  readonly definitions: ReadonlyMap<string, Uint8Array> | null
  readonly nextLogId: number
  /** Resolves when the entry is durable. */
  durable(): Promise<void>
}

/** Walks the state in slices and gives the whole file. */
export async function takeCheckpoint(
  source: CheckpointSource,
  journalFrom: number,
): Promise<{ name: string; parts: Buffer[] }> {
  const chunks: Buffer[] = []
  let firstEntry = -1
  let lastEntry = 0
  const slice = async (encode: (sealedEntry: number) => void): Promise<void> =>
    new Promise((resolve) => {
      source.shard.atSeal((sealedEntry) => {
        if (firstEntry < 0) firstEntry = sealedEntry
        lastEntry = sealedEntry
        encode(sealedEntry)
        resolve()
      })
    })
  await slice((sealedEntry) => definitionChunks(source.definitions, sealedEntry, chunks))
  for (const { kind, ids, encode } of objectsOf(source)) {
    for (let next = 0; next < ids.length; ) {
      await slice((sealedEntry) => {
        const writer = new ByteWriter()
        let objects = 0
        for (; next < ids.length && writer.length < CHUNK_BYTES_MAX / 2; next++)
          if (encode(ids[next], writer)) objects++
        if (objects > 0) chunks.push(encodeChunk(kind, objects, writer.done(), sealedEntry))
      })
    }
  }
  const { storeId, shard, nextLogId } = source
  const head = encodeHead({ storeId, shard: shard.number, firstEntry, journalFrom, nextLogId })
  const name = `${String(firstEntry).padStart(20, '0')}.ckp`
  return { name, parts: [head, ...chunks, encodeFoot(chunks, lastEntry)] }
}

function definitionChunks(
  definitions: ReadonlyMap<string, Uint8Array> | null,
  sealedEntry: number,
  chunks: Buffer[],
): void {
  let writer = new ByteWriter()
  let objects = 0
  const flush = (): void => {
    if (objects > 0) chunks.push(encodeChunk(ChunkKind.definitions, objects, writer.done(), sealedEntry))
    writer = new ByteWriter()
    objects = 0
  }
  for (const [id, value] of definitions ?? []) {
    encodeDefinition(writer, id, value)
    objects++
    if (writer.length >= CHUNK_BYTES_MAX) flush()
  }
  flush()
}

/** One kind of what a shard keeps under ids. */
interface Objects {
  readonly kind: number
  readonly ids: readonly number[]
  /** @returns false if it is none of this shard's, or is gone */
  encode(id: number, into: ByteWriter): boolean
}

function objectsOf({ shard, logs }: CheckpointSource): Objects[] {
  const logIsKept = (log: FileLog): boolean => log.shard === shard && log.durability !== 'scratch'
  const { partitions } = shard.partitions
  return [
    objects(ChunkKind.logs, logs, (into, log) => encodeLog(into, log.state()), logIsKept),
    objects(ChunkKind.partitions, partitions, (into, partition) => encodePartition(into, partition.state())),
    objects(ChunkKind.cursors, shard.cursors, (into, part) => encodeCursor(into, part.state())),
    objects(ChunkKind.ledgers, shard.ledgers, (into, ledger) => encodeLedger(into, ledger.state())),
  ]
}

function objects<T>(
  kind: number,
  all: ReadonlyMap<number, T>,
  encode: (into: ByteWriter, object: T) => void,
  isKept: (object: T) => boolean = () => true,
): Objects {
  return {
    kind,
    ids: [...all.keys()],
    encode(id, into) {
      const object = all.get(id)
      if (object === undefined || !isKept(object)) return false
      encode(into, object)
      return true
    },
  }
}

export class CheckpointFolder {
  private readonly disk: Disk
  readonly folder: string

  constructor(disk: Disk, shardFolder: string) {
    this.disk = disk
    this.folder = `${shardFolder}/checkpoint`
  }

  create(): Promise<void> {
    return this.disk.makeFolder(this.folder)
  }

  /** Writes the file under a name that does not count yet; on disk when it resolves. */
  async write(parts: readonly Buffer[], step: (job: () => Promise<void>) => Promise<void>): Promise<void> {
    const file = await this.disk.open(`${this.folder}/next.tmp`, 'create')
    try {
      const bytes = Buffer.concat(parts)
      for (let at = 0; at < bytes.length; at += STEP_BYTES) {
        await step(() => file.write([bytes.subarray(at, at + STEP_BYTES)], at))
      }
      await file.sync()
    } finally {
      await file.close()
    }
  }

  /** Makes what was written the newest checkpoint, and removes those that are not kept. */
  async publish(name: string): Promise<void> {
    await this.disk.rename(`${this.folder}/next.tmp`, `${this.folder}/${name}`)
    await this.disk.syncFolder(this.folder)
    const names = await this.names()
    for (const old of names.slice(0, -KEPT)) await this.disk.remove(`${this.folder}/${old}`)
  }

  /** Those that can be read, newest first. */
  async read(): Promise<DecodedCheckpoint[]> {
    await this.disk.syncFolder(this.folder)
    const found: DecodedCheckpoint[] = []
    for (const name of (await this.names()).reverse()) {
      const file = await this.disk.open(`${this.folder}/${name}`, 'read')
      const bytes = Buffer.allocUnsafeSlow(await file.size())
      const count = await file.read(bytes, 0)
      await file.close()
      const decoded = decodeCheckpoint(bytes.subarray(0, count))
      if (decoded !== null) found.push(decoded)
    }
    return found
  }

  private async names(): Promise<string[]> {
    return (await this.disk.list(this.folder)).filter((name) => name.endsWith('.ckp'))
  }
}
