/** Users as the management API gives them, and what their tags mean. */

export interface UserRow {
  readonly name: string
  /** Empty: nobody comes in by a password. */
  readonly password_hash: string
  readonly hashing_algorithm: string
  readonly tags: readonly string[]
  readonly limits?: Readonly<Record<string, number>>
}

export interface PermissionRow {
  readonly user: string
  readonly vhost: string
  readonly configure: string
  readonly write: string
  readonly read: string
}

export interface TopicPermissionRow {
  readonly user: string
  readonly vhost: string
  readonly exchange: string
  readonly write: string
  readonly read: string
}

export const ROLES: readonly { readonly tag: string; readonly title: string; readonly text: string }[] = [
  { tag: 'administrator', title: 'Administrator', text: 'Everything: users, vhosts, permissions, all connections.' },
  { tag: 'monitoring', title: 'Monitoring', text: 'Sees all vhosts, connections and the node. For dashboards.' },
  { tag: 'policymaker', title: 'Policymaker', text: 'Sets policies and parameters in the vhosts it may enter.' },
  { tag: 'management', title: 'Management', text: 'Uses this console, in the vhosts it may enter.' },
]

export const isRole = (tag: string): boolean => ROLES.some((role) => role.tag === tag)

/** A permission in a word, if it is one that has a name. */
export function presetOf({
  configure,
  write,
  read,
}: Pick<PermissionRow, 'configure' | 'write' | 'read'>): Preset | null {
  return PRESETS.find((one) => one.configure === configure && one.write === write && one.read === read) ?? null
}

export interface Preset {
  readonly title: string
  readonly text: string
  readonly configure: string
  readonly write: string
  readonly read: string
}

export const PRESETS: readonly Preset[] = [
  { title: 'Everything', text: 'Declares, publishes and consumes.', configure: '.*', write: '.*', read: '.*' },
  { title: 'Use', text: 'Publishes and consumes; declares nothing.', configure: '', write: '.*', read: '.*' },
  { title: 'Publish', text: 'Publishes only.', configure: '', write: '.*', read: '' },
  { title: 'Consume', text: 'Consumes only.', configure: '', write: '', read: '.*' },
  { title: 'Nothing', text: 'Enters the vhost and touches nothing.', configure: '', write: '', read: '' },
]

/** What a PUT of a user needs so that its password stays. */
export const samePassword = ({ password_hash, hashing_algorithm }: UserRow) => ({ password_hash, hashing_algorithm })
