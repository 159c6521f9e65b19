/** What the action of a command works with: a broker to talk to, a place for what it finds out, and an end. */
import type { Command } from 'commander'
import { BrokerApi } from './broker-api.ts'
import { interruption } from './interruption.ts'
import { Output } from './output.ts'
import { firstLine } from './standard-input.ts'

export interface LocalSession {
  readonly out: Output
  /** Aborted by SIGINT: whoever follows something returns then. */
  readonly signal: AbortSignal
}

export interface Session extends LocalSession {
  readonly api: BrokerApi
  readonly vhost: string
  /** The same if the user named one. */
  readonly chosenVhost: string | null
}

interface CommonOptions {
  readonly url: string
  readonly user: string
  readonly password: string
  readonly vhost: string
  readonly json: boolean
}

/**
 * Gives a command its action.
 *
 * @param act is given the session, the command's own options, and its arguments in their order.
 */
export function onBroker<Options extends object, Words extends readonly unknown[]>(
  command: Command,
  act: (session: Session, options: Options, ...words: Words) => Promise<void>,
): void {
  command.action(async () => {
    const { url, user, password, vhost, json } = command.optsWithGlobals<CommonOptions>()
    interruption.listen()
    const { signal } = interruption
    const secret = password === '-' ? await firstLine(process.stdin) : password
    const chosenVhost = command.getOptionValueSourceWithGlobals('vhost') === 'default' ? null : vhost
    const api = new BrokerApi(url, user, secret, signal)
    const session = { api, vhost, chosenVhost, out: new Output(json), signal }
    await act(session, command.opts<Options>(), ...(command.processedArgs as unknown as Words))
  })
}

/** The same for a command that needs no broker. */
export function onThisMachine<Options extends object, Words extends readonly unknown[]>(
  command: Command,
  act: (session: LocalSession, options: Options, ...words: Words) => Promise<void>,
): void {
  command.action(async () => {
    interruption.listen()
    const out = new Output(command.optsWithGlobals<CommonOptions>().json)
    const session = { out, signal: interruption.signal }
    await act(session, command.opts<Options>(), ...(command.processedArgs as unknown as Words))
  })
}
