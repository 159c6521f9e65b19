/** `signalbox redrive`: dead letters back to where they died, with changes if that is what they need. */
import { type Command, Option } from 'commander'
import { address } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import { shownMessages } from '../messages/message-text.ts'
import { type SelectionOptions, selectionOptions, transfer } from '../messages/transfer.ts'
import { argumentsFrom } from '../quantities.ts'
import { onBroker } from '../session.ts'

interface Options extends SelectionOptions {
  readonly to: 'queue' | 'exchange'
  readonly death: 'last' | 'first'
  readonly clearHistory?: boolean
  readonly setHeader?: Readonly<Record<string, unknown>>
  readonly removeHeader?: readonly string[]
  readonly setPayload?: string
  readonly setKey?: string
}

export function define(command: Command): void {
  command
    .description(
      'Sends dead letters back to where they died, as their x-death header tells. A message stays that has no such past, ' +
        'whose origin is gone, or whose origin the user may not write to.',
    )
    .argument('<queue>', 'the queue of dead letters')
    .addOption(
      new Option('--to <where>', 'into the queue where it died, or through the exchange it was published to')
        .choices(['queue', 'exchange'])
        .default('queue'),
    )
    .addOption(
      new Option('--death <which>', 'which of several deaths counts').choices(['last', 'first']).default('last'),
    )
    .option('--clear-history', 'forgets the deaths, so that counts of attempts begin anew')
    .option(
      '--set-header <name=value>',
      'sets a header; a value that is JSON is taken as such (may be repeated)',
      argumentsFrom,
    )
    .option('--remove-header <name>', 'takes out a header (may be repeated)', (name, before: string[] = []) => [
      ...before,
      name,
    ])
    .option('--set-payload <text>', 'replaces the payload')
    .option('--set-key <text>', 'replaces the routing key')
  selectionOptions(command)
  onBroker(command, async (session, options: Options, queue: string) => {
    const { to, death, clearHistory } = options
    const body = { to, death, history: clearHistory ? 'cleared' : 'kept', edit: editOf(options) }
    const path = address`/api/queues/${session.vhost}/${queue}/redrive`
    const { moved, stayed } = await transfer(session, queue, options, { doing: 'redriving', path, body })
    const rest = stayed > 0 ? `; ${stayed} stayed, because they have nowhere to go` : ''
    session.out.say(`redrove ${shownMessages(moved)}${rest}`, { moved, stayed })
    if (session.signal.aborted) throw new CommandError('interrupted: the rest is where it was')
  })
}

function editOf({ setHeader, removeHeader, setPayload, setKey }: Options): object {
  return {
    ...(setHeader !== undefined && { set_headers: setHeader }),
    ...(removeHeader !== undefined && { remove_headers: removeHeader }),
    ...(setPayload !== undefined && { payload: setPayload }),
    ...(setKey !== undefined && { routing_key: setKey }),
  }
}
