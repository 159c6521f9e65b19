// Fanout exchange: every destination, whatever the key. The index by destination is all it needs.

import { type AddTarget, Exchange } from './exchange.ts'
import type { Headers } from './headers.ts'

export class FanoutExchange extends Exchange {
  readonly type = 'fanout'

  match(_key: string, _headers: Headers | null, add: AddTarget): void {
    for (const destination of this.byDestination.keys()) add(destination)
  }

  protected insert(): void {}

  protected remove(): void {}
}
