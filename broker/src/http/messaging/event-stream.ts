/**
 * A stream of server-sent events. Written straight to the socket, so that whoever fills it sees how much its reader has
 * left unread and stops; a comment every 15 s keeps the ways in between open.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import type { Ctx } from './api.ts'

const HEARTBEAT_MS = 15_000

/** Tells the server that the answer is under way already. */
export const ALREADY_SENT = (): Response => new Response(null, { headers: { 'x-hono-already-sent': 'true' } })

export class EventStream {
  closed = false
  private readonly outgoing: Ctx['env']['outgoing']
  private readonly clock: Clock
  private heartbeat: Timer | null = null
  private readonly mayGoOn: () => boolean
  private wakers: (() => void)[] = []

  /**
   * Begins the answer, unless the reader is gone already: then the stream is closed from the start.
   * @param mayGoOn asked from time to time; the stream ends when it answers no
   * @param ended called when the reader is gone, or the stream was ended
   */
  constructor(c: Ctx, clock: Clock, mayGoOn: () => boolean, ended: () => void) {
    this.mayGoOn = mayGoOn
    this.outgoing = c.env.outgoing
    this.clock = clock
    const { outgoing } = this
    // Gone while its login was checked: nobody would tell.
    if (outgoing.destroyed) {
      this.closed = true
      return
    }
    outgoing.on('close', () => {
      this.closed = true
      if (this.heartbeat !== null) clock.clearTimer(this.heartbeat)
      this.wake()
      ended()
    })
    outgoing.on('drain', () => this.wake())
    outgoing.on('error', () => {})
    outgoing.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    })
    outgoing.write('retry: 1000\n\n')
    this.beat()
  }

  /** @param written called when the system has taken it; not at all if the reader is gone before */
  send(event: string, data: object, id: string | null = null, written?: () => void): void {
    if (this.closed || this.outgoing.writableEnded) return
    const head = id === null ? `event: ${event}\n` : `id: ${id}\nevent: ${event}\n`
    this.outgoing.write(`${head}data: ${JSON.stringify(data)}\n\n`, (error) => {
      if (error == null && !this.closed) written?.()
    })
  }

  /** Its reader is behind: nothing more is to be sent before `whenFree` calls. */
  get isFull(): boolean {
    return this.outgoing.writableNeedDrain
  }

  /** Calls once there is room again, or the stream is closed. */
  whenFree(task: () => void): void {
    if (this.closed || !this.isFull) task()
    else this.wakers.push(task)
  }

  end(): void {
    this.outgoing.end()
  }

  private wake(): void {
    const { wakers } = this
    this.wakers = []
    for (const task of wakers) task()
  }

  private beat(): void {
    this.heartbeat = this.clock.setTimer(HEARTBEAT_MS, () => {
      this.beat()
      if (!this.mayGoOn()) this.outgoing.destroy()
      else if (!this.isFull && !this.outgoing.writableEnded) this.outgoing.write(': still here\n\n')
    })
  }
}
