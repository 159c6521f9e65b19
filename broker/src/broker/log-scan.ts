/** Reading a whole log, for those who keep something about its messages in memory, at a start. */
import { type Log, Seek } from '../log/engine.ts'
import { MessageView } from '../record/message.ts'

/**
 * Calls back for every unsettled message in order; the view is valid for the call. What lies in memory up to the first
 * message in a file is visited before this returns. @throws Damage
 */
export async function scanLog(log: Log, visit: (view: MessageView) => void): Promise<void> {
  const view = new MessageView()
  const end = log.endOffset
  for (let at = 0; at < end; ) {
    const result = log.seek(at, view)
    if (result === Seek.end || (result === Seek.found && view.offset >= end)) return
    if (result === Seek.cold) await loaded(log, at)
    else {
      at = view.offset + 1
      visit(view)
    }
  }
}

export function loaded(log: Log, offset: number): Promise<void> {
  return new Promise((resolve, reject) => {
    log.load(offset, (error) => (error === null ? resolve() : reject(error)))
  })
}
