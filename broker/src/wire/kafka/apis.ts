// All APIs that are declared. Which of them are served, and so advertised, is not decided here.

import { apiVersions } from './messages/api-versions.ts'
import { fetch } from './messages/fetch.ts'
import { findCoordinator } from './messages/find-coordinator.ts'
import { listOffsets } from './messages/list-offsets.ts'
import { metadata } from './messages/metadata.ts'
import { produce } from './messages/produce.ts'
import { saslAuthenticate } from './messages/sasl-authenticate.ts'
import { saslHandshake } from './messages/sasl-handshake.ts'
import type { Api } from './schema.ts'

/** In the order of their keys. */
export const APIS: readonly Api[] = [
  produce,
  fetch,
  listOffsets,
  metadata,
  findCoordinator,
  saslHandshake,
  apiVersions,
  saslAuthenticate,
]

const byKey: Api[] = []
for (const api of APIS) byKey[api.key] = api

export function apiOf(key: number): Api | undefined {
  return byKey[key]
}
