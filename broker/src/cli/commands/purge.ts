/** `signalbox purge`: throws away what is ready in queues. What clients hold stays with them. */
import type { Command } from 'commander'
import { address } from '../broker-api.ts'
import { confirmed } from '../confirmation.ts'
import { shownMessages } from '../messages/message-text.ts'
import { onBroker } from '../session.ts'

interface Counts {
  readonly messages_ready: number
}

export function define(command: Command): void {
  command
    .description(
      'Throws away the messages that are ready in these queues, for good. What clients hold stays with them.',
    )
    .argument('<queue...>')
    .option('--yes', 'does not ask')
  onBroker(command, async (session, { yes }: { readonly yes?: boolean }, queues: readonly string[]) => {
    const { api, vhost, out } = session
    const paths = queues.map((queue) => address`/api/queues/${vhost}/${queue}`)
    const counts = await Promise.all(paths.map((path) => api.get<Counts>(`${path}?columns=messages_ready`)))
    const all = counts.reduce((sum, { messages_ready }) => sum + messages_ready, 0)
    const question = `Throw away ${shownMessages(all)} of ${queues.join(', ')}?`
    if (!(await confirmed(command, session, yes, question))) return out.note('nothing was thrown away')
    for (const path of paths) await api.delete(`${path}/contents`)
    out.say(`purged ${queues.join(', ')}: ${shownMessages(all)}`, { purged: all, queues })
  })
}
