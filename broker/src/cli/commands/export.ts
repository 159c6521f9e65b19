/** `signalbox export`: all that is defined, of the broker or of one virtual host, as RabbitMQ's JSON. */
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { address } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import type { Definitions } from '../definition-parts.ts'
import { exactJson } from '../exact-json.ts'
import { onBroker } from '../session.ts'
import { countsOf } from './import.ts'

/** The hashes of passwords are in it. */
const OWN_FILE = 0o600

export function define(command: Command): void {
  command
    .description(
      'Writes what is defined (users, queues, exchanges, bindings, policies …) as JSON that RabbitMQ reads too.',
    )
    .argument('[file]', 'where to; without it, to stdout')
    .addHelpText('after', '\nWith --vhost, of this virtual host alone. Messages are not part of it.')
  onBroker(command, async ({ api, out, chosenVhost }, _: object, file?: string) => {
    const path = chosenVhost === null ? '/api/definitions' : address`/api/definitions/${chosenVhost}`
    const definitions = exactJson(await api.text(path)) as Definitions
    const text = `${JSON.stringify(definitions, null, 2)}\n`
    if (file === undefined || file === '-') return out.document(text, definitions)
    try {
      writeFileSync(file, text, { mode: OWN_FILE })
    } catch (error) {
      throw new CommandError(`${file} cannot be written: ${(error as Error).message}`)
    }
    const counts = countsOf(definitions)
    out.say(`${file}: ${counts.text}`, { file, exported: counts.byKind })
  })
}
