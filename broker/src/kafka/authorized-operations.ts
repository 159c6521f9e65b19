/** What the caller may do with a resource, as the bit field that describing APIs answer (KIP-430). */
import type { AclOperation, AclResource } from '../broker/access/authorizer.ts'
import { OPERATION_CODES } from './acl-codes.ts'
import type { Call } from './handler.ts'

/** Nobody asked. */
export const OPERATIONS_UNASKED = -2_147_483_648

const CONFIGS = ['describe-configs', 'alter-configs'] as const
const OPERATIONS: Readonly<Record<AclResource, readonly AclOperation[]>> = {
  topic: ['read', 'write', 'create', 'describe', 'delete', 'alter', ...CONFIGS],
  group: ['read', 'describe', 'delete', ...CONFIGS],
  cluster: ['create', 'cluster-action', 'idempotent-write', 'alter', 'describe', ...CONFIGS],
  'transactional-id': ['describe', 'write'],
}

export function authorizedOperations(call: Call<never>, type: AclResource, name: string): number {
  let bits = 0
  for (const operation of OPERATIONS[type]) if (call.may(operation, type, name)) bits |= 1 << OPERATION_CODES[operation]
  return bits
}
