/**
 * Reading a view, call by call: each looks at so many MB at most, and the next goes on where it ended. Goes on by itself
 * until a page is full or its share of looking is used up, and ends at once when it is told to stop.
 */
import { type Message, type Next, PAGE_MESSAGES, pageOf, pageUrl } from './message.ts'
import type { View } from './view.ts'

export interface ReadingState {
  readonly messages: readonly Message[]
  readonly scanned: { readonly messages: number; readonly bytes: number }
  /** `paused`: there is more; `done`: all was looked at. */
  readonly status: 'reading' | 'paused' | 'done' | 'failed'
  readonly error: unknown
}

export type Get = (url: string, signal: AbortSignal) => Promise<unknown>

/** One press of a button looks at this much before it asks again. */
const SHARE_BYTES = 64 << 20

export class Reading {
  state: ReadingState = { messages: [], scanned: { messages: 0, bytes: 0 }, status: 'paused', error: null }
  private readonly view: View
  private readonly get: Get
  private readonly listeners = new Set<() => void>()
  private next: Next | null = null
  private aborting: AbortController | null = null

  constructor(view: View, get: Get) {
    this.view = view
    this.get = get
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  readonly snapshot = (): ReadingState => this.state

  /** Goes on from where it is. Does nothing while it reads, or when all was looked at. */
  async more(): Promise<void> {
    if (this.state.status === 'reading' || this.state.status === 'done') return
    const aborting = new AbortController()
    this.aborting = aborting
    const wanted = this.state.messages.length + PAGE_MESSAGES
    const share = this.state.scanned.bytes + SHARE_BYTES
    this.become({ status: 'reading', error: null })
    try {
      do {
        const page = pageOf(this.view, await this.get(pageUrl(this.view, this.next), aborting.signal))
        if (aborting.signal.aborted) return
        this.next = page.next
        this.become({
          messages: [...this.state.messages, ...page.messages],
          scanned: {
            messages: this.state.scanned.messages + page.scanned.messages,
            bytes: this.state.scanned.bytes + page.scanned.bytes,
          },
          status: page.next === null ? 'done' : 'reading',
        })
      } while (this.next !== null && this.state.messages.length < wanted && this.state.scanned.bytes < share)
      if (this.next !== null) this.become({ status: 'paused' })
    } catch (error) {
      if (!aborting.signal.aborted) this.become({ status: 'failed', error })
    }
  }

  /** What was found stays; `more` goes on from there. */
  stop(): void {
    if (this.state.status !== 'reading') return
    this.aborting?.abort()
    this.become({ status: 'paused' })
  }

  private become(change: Partial<ReadingState>): void {
    this.state = { ...this.state, ...change }
    for (const listener of this.listeners) listener()
  }
}
