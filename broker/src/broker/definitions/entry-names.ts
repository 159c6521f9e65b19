// What entries of definitions are called where people read about them.

import type { DefinitionsDocument, sections } from './document.ts'

export type Section = (typeof sections)[number]
export type Entry<S extends Section> = DefinitionsDocument[S][number]

export const entryNames: { readonly [S in Section]: (entry: Entry<S>) => string } = {
  users: ({ name }) => `user '${name}'`,
  vhosts: ({ name }) => `vhost '${name}'`,
  permissions: ({ user, vhost }) => `permissions of user '${user}' in vhost '${vhost}'`,
  topic_permissions: ({ user, vhost, exchange }) =>
    `topic permissions of user '${user}' on exchange '${exchange}' in vhost '${vhost}'`,
  global_parameters: ({ name }) => `global parameter '${name}'`,
  policies: ({ name, vhost }) => `policy '${name}' in vhost '${vhost}'`,
  parameters: ({ name, component, vhost }) => `parameter '${name}' of component '${component}' in vhost '${vhost}'`,
  exchanges: ({ name, vhost }) => `exchange '${name}' in vhost '${vhost}'`,
  queues: ({ name, vhost }) => `queue '${name}' in vhost '${vhost}'`,
  bindings: ({ vhost, source, destination, destination_type, routing_key }) =>
    `binding of exchange '${source}' to ${destination_type} '${destination}' with key '${routing_key}' in vhost '${vhost}'`,
}
