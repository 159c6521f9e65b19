/** Heartbeats both ways (AMQP 0-9-1 §4.2.7): sent when nothing else was, and a peer that misses two is gone. */
import type { Clock, Timer } from '../base/clock.ts'
import type { Transport } from '../net/connection.ts'
import { FRAME_END, FrameType } from '../wire/amqp/constants.ts'

const FRAME = Uint8Array.of(FrameType.HEARTBEAT, 0, 0, 0, 0, 0, 0, FRAME_END)
/** Looks per interval. */
const LOOKS = 2
const MISSED_MAX = 2

export class Heartbeat {
  private readonly clock: Clock
  private readonly transport: Transport
  private readonly onMissed: () => void
  private timer: Timer | null = null
  private bytesIn = -1
  private bytesOut = -1
  private silentLooks = 0

  constructor(clock: Clock, transport: Transport, onMissed: () => void) {
    this.clock = clock
    this.transport = transport
    this.onMissed = onMissed
  }

  start(intervalSeconds: number): void {
    if (intervalSeconds === 0) return
    this.timer = this.clock.setTimer((intervalSeconds * 1000) / LOOKS, () => {
      const { bytesIn, bytesOut, paused } = this.transport
      // While the broker itself does not read, silence says nothing.
      this.silentLooks = bytesIn !== this.bytesIn || paused ? 0 : this.silentLooks + 1
      this.bytesIn = bytesIn
      if (this.silentLooks >= MISSED_MAX * LOOKS) {
        this.onMissed()
        return
      }
      if (bytesOut === this.bytesOut) {
        this.transport.output.append(FRAME)
        this.transport.flushSoon()
      }
      this.bytesOut = this.transport.bytesOut
      this.start(intervalSeconds)
    })
  }

  stop(): void {
    if (this.timer !== null) this.clock.clearTimer(this.timer)
    this.timer = null
  }
}
