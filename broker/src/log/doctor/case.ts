/**
 * A case: what was found, and what was done about it in an overlay of the disk. Every finding is treated there at once,
 * so that the next look is at a store that is whole up to there; which steps are made on the real disk is decided later.
 */
import type { Disk } from '../../base/disk.ts'
import { OverlayDisk } from '../../base/disk-overlay.ts'
import type { Finding } from './finding.ts'
import { perform, type Step } from './treatment.ts'

export interface Treated {
  /** Null: the steps complete what was done about losses before. */
  readonly finding: Finding | null
  readonly steps: readonly Step[]
}

export class Case {
  readonly disk: OverlayDisk
  readonly treated: Treated[] = []
  /** Bytes that were looked at. */
  bytesRead = 0
  private readonly onRead: (bytesRead: number) => void

  constructor(disk: Disk, onRead: (bytesRead: number) => void) {
    this.disk = new OverlayDisk(disk)
    this.onRead = onRead
  }

  async found(finding: Finding | null, steps: readonly Step[]): Promise<void> {
    this.treated.push({ finding, steps })
    for (const step of steps) {
      if (step.kind === 'compose') await this.disk.compose(step.path, step.parts)
      else await perform(this.disk, [step])
    }
  }

  /** True once something was found that cannot be put right without a loss. */
  get hasLoss(): boolean {
    return this.treated.some(({ finding }) => finding?.severity === 'loss' || finding?.severity === 'beyond')
  }

  async size(path: string): Promise<number> {
    const file = await this.disk.open(path, 'read')
    try {
      return await file.size()
    } finally {
      await file.close()
    }
  }

  /** Bytes of a file from a position on, fewer at its end. */
  async read(path: string, position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length)
    const file = await this.disk.open(path, 'read')
    try {
      return bytes.subarray(0, await file.read(bytes, position))
    } finally {
      await file.close()
    }
  }

  /** The same, where these bytes are read once. */
  async look(path: string, position: number, length: number): Promise<Buffer> {
    const bytes = await this.read(path, position, length)
    this.looked(bytes.length)
    return bytes
  }

  /** So many bytes more were looked at. */
  looked(count: number): void {
    this.bytesRead += count
    this.onRead(this.bytesRead)
  }
}
