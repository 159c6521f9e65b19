/** What the management API says of a node beyond what the overview shows of it. */
import type { Details } from '../../api/samples.ts'
import type { NodeRow } from '../../api/types.ts'

export interface WholeNode extends NodeRow {
  readonly db_dir: string
  readonly log_files: readonly string[]
  readonly config_files: readonly string[]
  readonly applications: readonly { readonly name: string; readonly version: string }[]
  readonly auth_mechanisms: readonly { readonly name: string }[]
  readonly exchange_types: readonly { readonly name: string }[]
  readonly memory?: Memory
  readonly mem_used_details?: Details
  /** Milliseconds of processor time: a counter. */
  readonly cpu_ms_details?: Details
  readonly io_sync_count_details?: Details
  readonly io_write_bytes_details?: Details
  readonly io_read_bytes_details?: Details
}

/** Bytes by what they are for, besides the strategy and the totals. */
export type Memory = Readonly<Record<string, unknown>> & { readonly total: { readonly rss: number } }

/** Ten minutes, and what the memory is for. */
export const NODE_HISTORY = { node_stats_age: 600, node_stats_incr: 5, memory: true } as const

interface MemoryPart {
  readonly name: string
  readonly title: string
  readonly text: string
  readonly bytes: number
}

const PARTS: readonly Omit<MemoryPart, 'bytes'>[] = [
  { name: 'heap', title: 'Objects', text: 'Queues, bindings, connections and all else that is in use.' },
  { name: 'allocated_unused', title: 'Heap, free', text: 'Had from the system for objects, and free now.' },
  { name: 'log_tail', title: 'Log tail', text: 'The newest of every log, from which consumers that keep up read.' },
  { name: 'binary', title: 'Buffers', text: 'Messages on their way in and out.' },
  { name: 'other_external', title: 'Libraries', text: 'Taken by native libraries.' },
  { name: 'other_system', title: 'Program and system', text: 'The runtime itself, its code and threads.' },
]

/** Those that take anything, the largest first. */
export function memoryParts(memory: Memory): MemoryPart[] {
  return PARTS.map((part) => ({ ...part, bytes: Number(memory[part.name] ?? 0) }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes)
}
