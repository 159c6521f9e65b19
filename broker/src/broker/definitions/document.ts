// RabbitMQ's exported definitions: one JSON object with a list for each kind of object.
//
//   { "rabbitmq_version": "3.13.7",
//     "users":             [{ "name", "password_hash", "hashing_algorithm", "tags", "limits" }],
//     "vhosts":            [{ "name", "metadata": { "description", "tags" }, "limits" }],
//     "permissions":       [{ "user", "vhost", "configure", "write", "read" }],
//     "topic_permissions": [{ "user", "vhost", "exchange", "write", "read" }],
//     "exchanges":         [{ "vhost", "name", "type", "durable", "auto_delete", "internal", "arguments" }],
//     "queues":            [{ "vhost", "name", "type", "durable", "auto_delete", "arguments" }],
//     "bindings":          [{ "vhost", "source", "destination", "destination_type", "routing_key", "arguments" }],
//     "policies":          [{ "vhost", "name", "pattern", "apply-to", "definition", "priority" }],
//     "parameters":        [{ "vhost", "component", "name", "value" }],
//     "global_parameters": [{ "name", "value" }] }
//
// The form is checked as a whole before anything is done, so that a mistyped file changes nothing. Fields that are not
// named here are left alone: every release of RabbitMQ adds some.

import { z } from 'zod'
import { hashingAlgorithms } from '../access/password.ts'
import type { Headers } from '../routing/headers.ts'

const name = z.string().min(1, 'expected a name, received an empty string')
const vhost = z.string('expected the name of a vhost; a file exported from a single vhost has none').min(1)
const flag = (missing: boolean) => z.boolean().default(missing)
const tagList = z
  .union([z.array(z.string()), z.string().transform((list) => list.split(',').map((tag) => tag.trim()))])
  .transform((list) => list.filter((tag) => tag !== ''))
const tags = tagList.default([])
// RabbitMQ writes the limits of a vhost as pairs, those of a user as an object.
const limits = z
  .union([
    z.record(z.string(), z.unknown()),
    z.array(z.tuple([z.string(), z.unknown()])).transform((pairs) => Object.fromEntries(pairs)),
  ])
  .optional()
// RabbitMQ has written an empty table as [].
const args = z
  .union([z.record(z.string(), z.unknown()), z.array(z.never()).transform(() => ({}))])
  .transform((given) => given as Headers)
  .default({})

const user = z
  .looseObject({
    name,
    password: z.string().optional(),
    password_hash: z.string().optional(),
    hashing_algorithm: z.enum(hashingAlgorithms).default('rabbit_password_hashing_sha256'),
    tags,
    limits,
  })
  .refine(({ password, password_hash }) => password !== undefined || password_hash !== undefined, {
    message: 'expected password_hash or password',
  })

const vhostEntry = z.looseObject({
  name,
  description: z.string().optional(),
  tags: tagList.optional(),
  default_queue_type: z.string().optional(),
  tracing: z.boolean().optional(),
  limits,
  metadata: z
    .looseObject({
      description: z.string().optional(),
      tags: tagList.optional(),
      default_queue_type: z.string().optional(),
    })
    .prefault({}),
})

const permission = z.object({ user: name, vhost, configure: z.string(), write: z.string(), read: z.string() })
const topicPermission = z.object({ user: name, vhost, exchange: z.string(), write: z.string(), read: z.string() })
const exchange = z.looseObject({
  vhost,
  name: z.string(),
  type: name,
  durable: flag(true),
  auto_delete: flag(false),
  internal: flag(false),
  arguments: args,
})
const queue = z.looseObject({
  vhost,
  name,
  type: z.string().optional(),
  durable: flag(true),
  auto_delete: flag(false),
  arguments: args,
})
const binding = z.looseObject({
  vhost,
  source: z.string(),
  destination: name,
  destination_type: z.enum(['queue', 'exchange']),
  routing_key: z.string().default(''),
  arguments: args,
})
const policy = z.looseObject({
  vhost,
  name,
  pattern: z.string(),
  'apply-to': z.string().default('all'),
  definition: z.record(z.string(), z.unknown()),
  priority: z.number().default(0),
})
const parameter = z.looseObject({ vhost, component: name, name: z.string(), value: z.unknown() })
const globalParameter = z.looseObject({ name, value: z.unknown() })

const list = <Entry extends z.ZodType>(entry: Entry) => z.array(entry).prefault([])

const document = z.looseObject({
  users: list(user),
  vhosts: list(vhostEntry),
  permissions: list(permission),
  topic_permissions: list(topicPermission),
  exchanges: list(exchange),
  queues: list(queue),
  bindings: list(binding),
  policies: list(policy),
  parameters: list(parameter),
  global_parameters: list(globalParameter),
})

export type DefinitionsDocument = z.output<typeof document>
export const sections = Object.keys(document.shape) as readonly (keyof typeof document.shape)[]

/** The file is not RabbitMQ's definitions. Every line of `problems` names a place and what was wanted there. */
export class DefinitionsError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(['these are no definitions that can be imported:', ...problems].join('\n  '))
    this.name = 'DefinitionsError'
    this.problems = problems
  }
}

/** What a file of a single vhost has: its entries do not say which. */
const OF_VHOSTS = ['exchanges', 'queues', 'bindings', 'policies', 'parameters'] as const

/** @param vhost of all entries, whatever the file says; null takes them as they are. @throws DefinitionsError */
export function parseDefinitions(text: string, vhost: string | null = null): DefinitionsDocument {
  const json = parseJson(text)
  const checked = document.safeParse(vhost === null ? json : withVhost(json, vhost))
  if (checked.success) return checked.data
  throw new DefinitionsError(checked.error.issues.map((issue) => `${placeOf(issue.path)}: ${wanted(issue)}`))
}

function withVhost(json: unknown, vhost: string): unknown {
  if (typeof json !== 'object' || json === null) return json
  const given = json as Record<string, unknown>
  const sectionOf = (section: string): unknown => {
    const entries = given[section] ?? []
    if (!Array.isArray(entries)) return entries
    return entries.map((entry) => (typeof entry === 'object' && entry !== null ? { ...entry, vhost } : entry))
  }
  return Object.fromEntries(OF_VHOSTS.map((section) => [section, sectionOf(section)]))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''), exactIntegers)
  } catch (error) {
    throw new DefinitionsError([`not JSON: ${(error as Error).message}`])
  }
}

/** AMQP has integers of 64 bits, and a binding that matches on one must not be rounded. */
function exactIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !Number.isInteger(value)) return value
  return /^-?\d+$/.test(context?.source ?? '') ? BigInt(context!.source!) : value
}

function placeOf(path: readonly PropertyKey[]): string {
  let place = ''
  for (const step of path) place += typeof step === 'number' ? `[${step}]` : `${place && '.'}${String(step)}`
  return place || 'the file'
}

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') return 'expected one of the forms that RabbitMQ exports'
  return issue.message.replace(/^Invalid (input|option): /, '')
}
