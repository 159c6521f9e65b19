/** DescribeUserScramCredentials (KIP-554): who can log in by SCRAM, and how. Secrets are not told. */
import type { User } from '../broker/access/access.ts'
import { SCRAM_MECHANISMS } from '../broker/access/scram.ts'
import { describeUserScramCredentials } from '../wire/kafka/messages/describe-user-scram-credentials.ts'
import { CLUSTER_NAME } from './acl-codes.ts'
import { handler } from './handler.ts'
import { ACCEPTED, refused, repeated } from './refusals.ts'
import { scramNumber } from './scram-codes.ts'

export const describeUserScramCredentialsHandler = handler(describeUserScramCredentials, ({ users }, call) => {
  const { access, catalog, durability } = call.context.broker
  if (!call.may('describe', 'cluster', CLUSTER_NAME)) {
    call.respond({ ...refused('cluster-authorization-failed'), results: [] })
    return
  }
  const asked = users?.map(({ name }) => name) ?? []
  const twice = repeated(asked)
  const names = asked.length > 0 ? new Set(asked) : allNames(access.users())
  const results = Array.from(names, (user) => {
    if (twice.has(user)) {
      const text = `Cannot describe SCRAM credentials for the same user twice in a single request: ${user}`
      return { user, ...refused('duplicate-resource', text) }
    }
    const credentialInfos = infosOf(access.user(user))
    if (credentialInfos.length > 0) return { user, ...ACCEPTED, credentialInfos }
    return {
      user,
      ...refused('resource-not-found', `Attempt to describe a user credential that does not exist: ${user}`),
    }
  })
  durability.after(catalog.lastRound, () => call.respond({ ...ACCEPTED, results }))
})

function* allNames(users: Iterable<User>): Iterable<string> {
  for (const user of users) if (infosOf(user).length > 0) yield user.name
}

function infosOf(user: User | undefined): { mechanism: number; iterations: number }[] {
  const infos: { mechanism: number; iterations: number }[] = []
  for (const mechanism of SCRAM_MECHANISMS) {
    const credential = user?.scram?.[mechanism]
    if (credential) infos.push({ mechanism: scramNumber(mechanism), iterations: credential.iterations })
  }
  return infos
}
