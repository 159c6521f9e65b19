/**
 * Producer ids, unique over all vhosts and starts: they are reserved in blocks ahead, so that handing one out changes
 * nothing on the disk. What a stop leaves of a block is never used.
 */
import type { Catalog } from '../catalog.ts'

const KIND = 'producer-ids'
const BLOCK = 1000

const ofCatalog = new WeakMap<Catalog, ProducerIds>()

export class ProducerIds {
  /** The round that holds the block of the newest id: whoever tells the id waits for it. */
  round = 0
  private readonly catalog: Catalog
  private next: number
  private blockEnd: number

  private constructor(catalog: Catalog) {
    this.catalog = catalog
    let reservedBelow = 0
    for (const { value } of catalog.all(KIND)) reservedBelow = (value as { reservedBelow: number }).reservedBelow
    this.next = reservedBelow
    this.blockEnd = reservedBelow
  }

  /** The one source of ids of all that share the catalog. */
  static of(catalog: Catalog): ProducerIds {
    let ids = ofCatalog.get(catalog)
    if (ids === undefined) {
      ids = new ProducerIds(catalog)
      ofCatalog.set(catalog, ids)
    }
    return ids
  }

  take(): number {
    if (this.next === this.blockEnd) {
      this.blockEnd += BLOCK
      this.catalog.put(KIND, [], { reservedBelow: this.blockEnd })
      this.round = this.catalog.lastRound
    }
    return this.next++
  }
}
