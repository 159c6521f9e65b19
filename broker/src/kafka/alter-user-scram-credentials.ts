/**
 * AlterUserScramCredentials (KIP-554): gives users secrets for SCRAM and takes them away. The client sends salted
 * passwords; a user it makes has no password for other logins and no permissions. What is asked for one user is done
 * whole or not at all.
 */
import type { Access } from '../broker/access/access.ts'
import {
  SCRAM_ITERATIONS_MAX,
  SCRAM_ITERATIONS_MIN,
  type ScramCredential,
  type ScramMechanism,
  scramFromSalted,
} from '../broker/access/scram.ts'
import { StreamRefusal } from '../broker/stream-refusal.ts'
import { alterUserScramCredentials } from '../wire/kafka/messages/alter-user-scram-credentials.ts'
import type { RequestOf } from '../wire/kafka/schema.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { handler } from './handler.ts'
import { ACCEPTED, attempted, type Refused, refused } from './refusals.ts'
import { scramMechanism } from './scram-codes.ts'

type Request = RequestOf<typeof alterUserScramCredentials>
type Upsertion = Request['upsertions'][number]

/** What a request wants of one user: credentials, null for those to go. */
type Changes = Map<ScramMechanism, ScramCredential | null>

export const alterUserScramCredentialsHandler = handler(alterUserScramCredentials, (request, call) => {
  const { access, catalog, durability } = call.context.broker
  const users = new Set([...request.deletions, ...request.upsertions].map(({ name }) => name))
  const mayAlter = call.may('alter', 'cluster', CLUSTER_NAME)
  const results = Array.from(users, (user) => {
    if (!mayAlter) return { user, ...refused('cluster-authorization-failed') }
    const outcome = attempted((): Refused => {
      apply(access, user, changesOf(request, user, access))
      return ACCEPTED
    })
    return { user, ...outcome }
  })
  durability.after(catalog.lastRound, () => call.respond({ results }))
})

/** @throws StreamRefusal */
function changesOf(request: Request, user: string, access: Access): Changes {
  const changes: Changes = new Map()
  if (user === '') throw new StreamRefusal('unacceptable-credential', 'Username must not be empty')
  const change = (number: number, credential: (mechanism: ScramMechanism) => ScramCredential | null): void => {
    const mechanism = scramMechanism(number)
    if (mechanism === undefined) throw new StreamRefusal('unsupported-sasl-mechanism', 'Unknown SCRAM mechanism')
    if (changes.has(mechanism)) {
      throw new StreamRefusal('duplicate-resource', 'A user credential cannot be altered twice in the same request')
    }
    changes.set(mechanism, credential(mechanism))
  }
  for (const { name, mechanism } of request.deletions) if (name === user) change(mechanism, () => null)
  for (const one of request.upsertions) if (one.name === user) change(one.mechanism, (by) => credentialOf(one, by))
  const known = access.user(user)?.scram ?? {}
  for (const [mechanism, credential] of changes) {
    if (credential !== null || known[mechanism] !== undefined) continue
    throw new StreamRefusal('resource-not-found', 'Attempt to delete a user credential that does not exist')
  }
  return changes
}

function credentialOf({ iterations, salt, saltedPassword }: Upsertion, mechanism: ScramMechanism): ScramCredential {
  const refuse = (text: string): never => {
    throw new StreamRefusal('unacceptable-credential', text)
  }
  if (iterations < SCRAM_ITERATIONS_MIN) refuse('Too few iterations')
  if (iterations > SCRAM_ITERATIONS_MAX) refuse('Too many iterations')
  if (salt.length === 0 || saltedPassword.length === 0) refuse('Salt and salted password must not be empty')
  return scramFromSalted(mechanism, salt, saltedPassword, iterations)
}

function apply(access: Access, name: string, changes: Changes): void {
  const user = access.user(name)
  const scram = { ...user?.scram }
  for (const [mechanism, credential] of changes) {
    if (credential === null) delete scram[mechanism]
    else scram[mechanism] = credential
  }
  if (user === undefined) {
    access.putUser({ name, tags: [], passwordHash: '', hashingAlgorithm: 'rabbit_password_hashing_sha256', scram })
  } else {
    access.setScram(name, scram)
  }
}
