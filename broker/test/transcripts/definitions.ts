// What a broker is given before the dialogues begin, as RabbitMQ's definitions file: the same for both brokers.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const everything = { configure: '.*', write: '.*', read: '.*' }

interface TestUser {
  readonly tags: string
  readonly permissions: typeof everything | null
  readonly limits?: { readonly [name: string]: number }
  /** Other than `/`. */
  readonly vhost?: string
}

/** Users, whose name is their password, with what they may configure, write and read in their vhost. */
const users: { readonly [name: string]: TestUser } = {
  guest: { tags: 'administrator', permissions: everything },
  nobody: { tags: '', permissions: null },
  reader: { tags: '', permissions: { configure: '^$', write: '^$', read: '.*' } },
  writer: { tags: '', permissions: { configure: '^$', write: '.*', read: '^$' } },
  watched: { tags: '', permissions: everything },
  traced: { tags: '', permissions: everything, vhost: 'traced' },
  limited: { tags: '', permissions: everything, vhost: 'limited' },
  single: { tags: '', permissions: everything, limits: { 'max-connections': 1 } },
  narrow: { tags: '', permissions: everything, limits: { 'max-channels': 1 } },
  own: { tags: '', permissions: { configure: '^own\\.', write: '^own\\.', read: '^own\\.' } },
}

const policy = (name: string, pattern: string, applyTo: string, priority: number, definition: object) => {
  return { vhost: '/', name, pattern, 'apply-to': applyTo, priority, definition }
}

const definitions = {
  vhosts: [{ name: '/' }, { name: 'traced', tracing: true }, { name: 'limited' }],
  users: Object.entries(users).map(([name, { tags, limits = {} }]) => ({ name, password: name, tags, limits })),
  permissions: Object.entries(users).flatMap(([user, { permissions, vhost = '/' }]) =>
    permissions === null ? [] : [{ user, vhost, ...permissions }],
  ),
  policies: [
    policy('short', '^policies\\.short', 'queues', 1, { 'max-length': 2 }),
    policy('dead', '^policies\\.(short\\.)?dead', 'queues', 0, {
      'dead-letter-exchange': '',
      'dead-letter-routing-key': 'policies.kept',
    }),
    policy('alternate', '^policies\\.x', 'exchanges', 0, { 'alternate-exchange': 'policies.lost' }),
  ],
  parameters: [
    {
      vhost: '/',
      component: 'operator_policy',
      name: 'bound',
      value: {
        pattern: '^policies\\.(short\\.)?bound',
        'apply-to': 'queues',
        priority: 0,
        definition: { 'max-length': 1 },
      },
    },
    { vhost: 'limited', component: 'vhost-limits', name: 'limits', value: { 'max-connections': 1, 'max-queues': 1 } },
  ],
}

/** Writes the definitions into a file of their own; `remove` takes it away. */
export function writeDefinitions(): { file: string; remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'signalbox-definitions-'))
  const file = join(directory, 'definitions.json')
  writeFileSync(file, JSON.stringify(definitions))
  return { file, remove: () => rmSync(directory, { recursive: true, force: true }) }
}
