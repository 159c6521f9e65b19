/**
 * amqplib writes each message and each settlement to its socket alone: a system call each, which costs more than all the
 * rest of it. Here what is written in one turn of the event loop goes out as one.
 */
import type { ChannelModel } from 'amqplib'

/** What is written here of a socket; that of a connection is no part of amqplib's interface. */
interface CorkedSocket {
  cork?(): void
  uncork(): void
  write(...args: unknown[]): boolean
}

export function joinWrites({ connection }: ChannelModel): void {
  const { stream } = connection as unknown as { stream?: CorkedSocket }
  if (stream?.cork === undefined) return
  const write = stream.write.bind(stream)
  let corked = false
  const uncork = (): void => {
    corked = false
    stream.uncork()
  }
  stream.write = (...args) => {
    if (!corked) {
      corked = true
      stream.cork!()
      process.nextTick(uncork)
    }
    return write(...args)
  }
}
