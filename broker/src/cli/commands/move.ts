/** `signalbox move`: messages of a queue to another queue or to an exchange, the first ones or those that are searched for. */
import type { Command } from 'commander'
import { address } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import { shownMessages } from '../messages/message-text.ts'
import { type SelectionOptions, selectionOptions, transfer } from '../messages/transfer.ts'
import { onBroker } from '../session.ts'

interface Options extends SelectionOptions {
  readonly toQueue?: string
  readonly toExchange?: string
  readonly toKey?: string
}

export function define(command: Command): void {
  command
    .description(
      'Moves the messages that are ready, all of them or a selection. A message goes once its copy is as safe as where it ' +
        'went promises; one that nothing takes stays.',
    )
    .argument('<queue>')
    .option('--to-queue <name>', 'to this queue')
    .option('--to-exchange <name>', 'to this exchange')
    .option('--to-key <text>', "with this routing key instead of each message's own")
  selectionOptions(command)
  onBroker(command, async (session, options: Options, queue: string) => {
    const path = address`/api/queues/${session.vhost}/${queue}/move`
    const work = { doing: 'moving', path, body: { to: targetOf(command, options) } }
    const { moved, stayed } = await transfer(session, queue, options, work)
    const rest = stayed > 0 ? `; ${stayed} stayed, because nothing took them` : ''
    session.out.say(`moved ${shownMessages(moved)}${rest}`, { moved, stayed })
    if (session.signal.aborted) throw new CommandError('interrupted: the rest is where it was')
  })
}

function targetOf(command: Command, { toQueue, toExchange, toKey }: Options): object {
  if ((toQueue === undefined) === (toExchange === undefined)) {
    command.error('error: one of --to-queue and --to-exchange is needed')
  }
  if (toQueue === undefined) return { exchange: toExchange, ...(toKey !== undefined && { routing_key: toKey }) }
  if (toKey !== undefined) command.error('error: --to-key is for --to-exchange')
  return { queue: toQueue }
}
