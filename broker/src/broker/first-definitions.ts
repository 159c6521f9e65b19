/** What a broker has at its first start, and what its settings ask for at every start. */
import type { User } from './access/access.ts'
import { hashPassword, passwordFits } from './access/password.ts'
import { scramOf } from './access/scram.ts'
import type { Broker } from './broker.ts'

export interface FirstSettings {
  readonly defaultUser: string
  readonly defaultPass: string
  readonly defaultVhost: string
  readonly defaultPermissions: PermissionPatterns
  readonly vhosts: readonly string[]
  readonly users: Readonly<Record<string, UserSettings>>
}

interface PermissionPatterns {
  readonly configure: string
  readonly write: string
  readonly read: string
}

interface UserSettings {
  readonly password?: string | undefined
  readonly password_hash?: string | undefined
  readonly hashing_algorithm?: HashingAlgorithm | undefined
  readonly tags: readonly string[]
  readonly permissions: Readonly<Record<string, PermissionPatterns>>
}

type HashingAlgorithm = ReturnType<typeof hashPassword>['hashingAlgorithm']

/** @throws Refusal for a user or permission that makes no sense. */
export function defineFirst(broker: Broker, settings: FirstSettings): void {
  const { access } = broker
  if (broker.isNew) {
    const { defaultUser: user, defaultVhost: vhost } = settings
    broker.declareVhost(vhost)
    access.addAdministrator(user, settings.defaultPass, vhost)
    access.setScram(user, scramOf(settings.defaultPass))
    access.setPermissions({ user, vhost, ...settings.defaultPermissions })
  }
  for (const vhost of settings.vhosts) broker.declareVhost(vhost)
  for (const [name, user] of Object.entries(settings.users)) {
    access.putUser({ name, tags: user.tags, ...secretsOf(user, access.user(name)) })
    for (const [vhost, patterns] of Object.entries(user.permissions)) {
      broker.declareVhost(vhost)
      access.setPermissions({ user: name, vhost, ...patterns })
    }
  }
}

/** What is kept of a password; the same as before if it still is that password. */
function secretsOf(
  given: UserSettings,
  known: User | undefined,
): Pick<User, 'passwordHash' | 'hashingAlgorithm' | 'scram'> {
  const { password, password_hash: passwordHash, hashing_algorithm: hashingAlgorithm } = given
  if (password === undefined) {
    return {
      passwordHash: passwordHash ?? '',
      hashingAlgorithm: hashingAlgorithm ?? 'rabbit_password_hashing_sha256',
    }
  }
  if (known?.scram !== undefined && passwordFits(password, known)) {
    return { passwordHash: known.passwordHash, hashingAlgorithm: known.hashingAlgorithm, scram: known.scram }
  }
  return { ...hashPassword(password), scram: scramOf(password) }
}
