/** The message of a schedule, made anew for each tick: what the arguments say, with the name and the time of the tick. */
import { MessageDraft } from '../../record/message.ts'
import { names } from '../dead-letters.ts'
import type { PropertyBlocks } from '../property-blocks.ts'
import { expirationMs } from '../queue/expiration.ts'
import { Refusal } from '../refusal.ts'
import type { PropertyOf } from '../routing/exchange.ts'
import type { Headers } from '../routing/headers.ts'
import type { Plan } from './plan.ts'

const PERSISTENT = 2
/** No tick is later: as long a text as the time of any. */
const LAST_MS = 8_640_000_000_000_000

export class TickMessage {
  readonly draft = new MessageDraft()
  /** Its own key first, then those that its headers name. */
  readonly keys: readonly string[]
  readonly plan: Plan
  private readonly name: string
  private readonly headers: Headers
  private readonly ttlMs: number
  private readonly blocks: PropertyBlocks

  /** @throws Refusal precondition-failed if no property block can hold what the arguments ask for */
  constructor(name: string, plan: Plan, blocks: PropertyBlocks) {
    this.name = name
    this.plan = plan
    this.blocks = blocks
    this.headers = plan.headers
    const { draft } = this
    const { key, payload } = plan
    const { expiration, priority } = plan.properties
    this.ttlMs = expiration === undefined ? 0 : expirationMs(Buffer.from(expiration), 0, Buffer.byteLength(expiration))
    // Looks into the headers too.
    blocks.write({ headers: plan.headers })
    const block = this.blockOf(LAST_MS)
    if (block.length > blocks.blockBytesMax) {
      throw new Refusal('precondition-failed', `Invalid argument, 'x-properties' has ${block.length} octets`)
    }
    const selected = blocks.selectedKeys(key, block, 0, block.length)
    this.keys = selected?.keys ?? [key]
    if (selected?.blind) {
      const { BCC: _, ...others } = plan.headers
      this.headers = others
    }
    draft.names = names(name, key)
    draft.body = payload
    draft.bodyLen = payload.length
    draft.priority = priority ?? 0
    draft.hasPriority = priority !== undefined
    draft.persistent = true
  }

  /** The draft becomes the message of a tick. */
  fill(tick: number, now: number): void {
    const { draft, ttlMs, plan } = this
    draft.properties = this.blockOf(tick)
    draft.propertiesLen = draft.properties.length
    draft.arrival = now
    draft.expiry = plan.properties.expiration === undefined ? 0 : now + ttlMs
  }

  /** Those of the draft as it is. */
  headersNow(): Headers | null {
    return this.blocks.headers(this.draft.properties, 0, this.draft.propertiesLen)
  }

  /** Of the draft as it is; valid for one look-up. */
  propertyOf(): PropertyOf {
    return this.blocks.lookIn(this.draft.properties, 0, this.draft.propertiesLen)
  }

  private blockOf(tick: number): Uint8Array {
    const { name, plan, headers, blocks } = this
    const properties = { message_id: `${name}/${tick}`, timestamp: Math.floor(tick / 1000), delivery_mode: PERSISTENT }
    const bare = blocks.write({ ...plan.properties, ...properties })
    const set = { ...headers, 'x-schedule': name, 'x-scheduled-at': tick }
    return blocks.edit(bare, 0, bare.length, { set })
  }
}
