// What a broker is given before the dialogues begin, as RabbitMQ's definitions file: the same for both brokers.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const everything = { configure: '.*', write: '.*', read: '.*' }

/** Users, whose name is their password, with what they may configure, write and read in vhost `/`. */
const users = {
  guest: { tags: 'administrator', permissions: everything },
  nobody: { tags: '', permissions: null },
  reader: { tags: '', permissions: { configure: '^$', write: '^$', read: '.*' } },
  writer: { tags: '', permissions: { configure: '^$', write: '.*', read: '^$' } },
  own: { tags: '', permissions: { configure: '^own\\.', write: '^own\\.', read: '^own\\.' } },
}

const definitions = {
  vhosts: [{ name: '/' }],
  users: Object.entries(users).map(([name, { tags }]) => ({ name, password: name, tags })),
  permissions: Object.entries(users).flatMap(([user, { permissions }]) =>
    permissions === null ? [] : [{ user, vhost: '/', ...permissions }],
  ),
}

/** Writes the definitions into a file of their own; `remove` takes it away. */
export function writeDefinitions(): { file: string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-definitions-'))
  const file = join(directory, 'definitions.json')
  writeFileSync(file, JSON.stringify(definitions))
  return { file, remove: () => rmSync(directory, { recursive: true, force: true }) }
}
