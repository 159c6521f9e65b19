/** Multicast: a copy to every member of a group, also to those that are away. */
import type { ReceiveOptions } from '../receiving/receiver.ts'
import type { Stoppable } from '../stoppable.ts'
import { Fanout } from './fanout.ts'
import type { MessageHandler } from './pattern.ts'

// biome-ignore lint/suspicious/noExplicitAny: untyped is what its user asked for
export class Multicast<Data = any> extends Fanout<Data> {
  protected readonly kind = 'multicast'

  /** As the member of that name, with what is sent from its first joining on. Of several who are one member, one gets all. */
  async join(member: string, handler: MessageHandler<Data>, options: ReceiveOptions = {}): Promise<Stoppable> {
    return this.receiveCopies(member, handler, options)
  }
}
