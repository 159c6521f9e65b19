/** The numbers by which Kafka's clients name the parts of an ACL, and of a filter that finds some. Source: KIP-140, KIP-290. */
import type { Acl, AclFilter } from '../broker/access/acls.ts'
import type { AclResource } from '../broker/access/authorizer.ts'
import { StreamRefusal } from '../broker/stream-refusal.ts'

const UNKNOWN = 0
const ANY = 1

const RESOURCES: Readonly<Record<AclResource, number>> = { topic: 2, group: 3, cluster: 4, 'transactional-id': 5 }

const PATTERNS: Readonly<Record<AclFilter['pattern'], number>> = { any: 1, match: 2, literal: 3, prefixed: 4 }

export const OPERATION_CODES: Readonly<Record<Acl['operation'], number>> = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'cluster-action': 9,
  'describe-configs': 10,
  'alter-configs': 11,
  'idempotent-write': 12,
}

const PERMISSIONS: Readonly<Record<Acl['permission'], number>> = { deny: 2, allow: 3 }

const resourceNames = inverted(RESOURCES)
const patternNames = inverted(PATTERNS)
const operationNames = inverted(OPERATION_CODES)
const permissionNames = inverted(PERMISSIONS)

export const CLUSTER_NAME = 'kafka-cluster'

/** As requests name it. */
export interface CodedAcl {
  readonly resourceType: number
  readonly resourceName: string
  readonly resourcePatternType: number
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

/** As requests name it. */
export interface CodedFilter {
  readonly resourceTypeFilter: number
  readonly resourceNameFilter: string | null
  readonly patternTypeFilter: number
  readonly principalFilter: string | null
  readonly hostFilter: string | null
  readonly operation: number
  readonly permissionType: number
}

export interface CodedEntry {
  readonly principal: string
  readonly host: string
  readonly operation: number
  readonly permissionType: number
}

export interface CodedResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly patternType: number
}

/** @throws StreamRefusal invalid-request */
export function aclOf(coded: CodedAcl): Acl {
  const resource = resourceNames.get(coded.resourceType)
  const pattern = patternNames.get(coded.resourcePatternType)
  const operation = operationNames.get(coded.operation)
  const permission = permissionNames.get(coded.permissionType)
  const { resourceName: name, principal, host } = coded
  if (resource === 'cluster' && name !== CLUSTER_NAME)
    refuse(`The only name of the CLUSTER resource is ${CLUSTER_NAME}`)
  if (name === '') refuse('Invalid empty resource name')
  if (resource === undefined) refuse(`Invalid resourceType ${coded.resourceType}`)
  if (pattern !== 'literal' && pattern !== 'prefixed') refuse(`Invalid patternType ${coded.resourcePatternType}`)
  if (operation === undefined) refuse(`Invalid operation ${coded.operation}`)
  if (permission === undefined) refuse(`Invalid permissionType ${coded.permissionType}`)
  if (!principal.includes(':')) refuse(`Invalid principal '${principal}': no colon between type and name`)
  return { resource, pattern, name, principal, host, operation, permission }
}

/** @returns null if it asks for what no ACL here can have. @throws StreamRefusal invalid-request */
export function filterOf(coded: CodedFilter): AclFilter | null {
  const { resourceTypeFilter, patternTypeFilter, permissionType } = coded
  if (resourceTypeFilter === UNKNOWN || patternTypeFilter === UNKNOWN) refuse('Unknown patternFilter.')
  if (coded.operation === UNKNOWN || permissionType === UNKNOWN) refuse('Unknown entryFilter.')
  const pattern = patternNames.get(patternTypeFilter)
  const resource = orAny(resourceNames, resourceTypeFilter)
  const operation = orAny(operationNames, coded.operation)
  const permission = orAny(permissionNames, permissionType)
  if (!pattern || resource === undefined || operation === undefined || permission === undefined) return null
  const { resourceNameFilter: name, principalFilter: principal, hostFilter: host } = coded
  return { resource, pattern, name, principal, host, operation, permission }
}

export function codedResource(acl: Acl): CodedResource {
  return { resourceType: RESOURCES[acl.resource], resourceName: acl.name, patternType: PATTERNS[acl.pattern] }
}

export function codedEntry(acl: Acl): CodedEntry {
  const { principal, host, operation, permission } = acl
  return { principal, host, operation: OPERATION_CODES[operation], permissionType: PERMISSIONS[permission] }
}

/** null: any. undefined: a number that nothing here has. */
function orAny<Name>(names: ReadonlyMap<number, Name>, code: number): Name | null | undefined {
  return code === ANY ? null : names.get(code)
}

function inverted<Name extends string>(codes: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  return new Map(Object.entries<number>(codes).map(([name, code]) => [code, name as Name]))
}

function refuse(message: string): never {
  throw new StreamRefusal('invalid-request', message)
}
