/**
 * Memory that is lent out and comes back, for bytes that are read only to be sent. Fresh memory for each read would be
 * the collector's, and V8 marks its whole heap for every few tens of megabytes outside of it. Trade: who borrows says
 * when nobody looks at the bytes any more. Never to say it is safe, the collector takes them then; to say it early is not.
 */
export interface Loan {
  readonly bytes: Uint8Array
  /** Nobody looks at the bytes any more. Once is enough. */
  giveBack(): void
}

export class Lender {
  private readonly size: number
  private readonly keptMax: number
  private readonly free: Uint8Array[] = []

  /** Pieces of `size` bytes, of which at most `keptMax` wait for a borrower. */
  constructor(size: number, keptMax: number) {
    this.size = size
    this.keptMax = keptMax
  }

  /** Memory with any content, for at least so many bytes. What is larger than a piece, or far smaller, does not come back. */
  lend(bytesMin: number): Loan {
    const { free, size, keptMax } = this
    let isLent = bytesMin <= size && bytesMin * 4 >= size
    const bytes = (isLent && free.pop()) || Buffer.allocUnsafeSlow(isLent ? size : bytesMin)
    return {
      bytes,
      giveBack() {
        if (isLent && free.length < keptMax) free.push(bytes)
        isLent = false
      },
    }
  }
}

export function giveBackAll(loans: readonly Loan[]): void {
  for (const loan of loans) loan.giveBack()
}
