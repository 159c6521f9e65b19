/**
 * Compares the declared messages of the Kafka protocol with Apache Kafka's own definitions: every version that both
 * have, field for field: order, type, nullability, tag, default.
 *
 * usage: node scripts/check-kafka-messages.ts FOLDER, where FOLDER holds ProduceRequest.json and so on, as they lie in
 * clients/src/main/resources/common/message of Kafka's sources. No release has all versions: check 3.9 and the newest.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { APIS } from '../broker/src/wire/kafka/apis.ts'
import { type Field, type Fields, isPresent } from '../broker/src/wire/kafka/field.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../broker/src/wire/kafka/messages/consumer-protocol.ts'

interface Definition {
  readonly apiKey?: number
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly latestVersionUnstable?: boolean
  readonly fields: readonly DefinedField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly DefinedField[] }[]
}

interface DefinedField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly flexibleVersions?: string
  readonly tag?: number
  readonly default?: string | number | boolean
  readonly fields?: readonly DefinedField[]
}

const NAMED_TYPES: Record<string, string> = { bool: 'boolean' }
const SIMPLE_TYPES = /^(bool|u?int\d+|float64|uuid|string|bytes|records)$/
const EMPTY: Record<string, string> = { boolean: 'false', string: '', bytes: '', records: 'null', uuid: 'zero' }

const folder = process.argv[2]
if (folder === undefined) throw new Error('usage: node scripts/check-kafka-messages.ts FOLDER')
const problems: string[] = []
let compared = 0

for (const api of APIS) {
  const request = definition(`${api.name}Request`)
  const response = definition(`${api.name}Response`)
  if (request === null || response === null) {
    console.log(`${api.name}: not defined there`)
    continue
  }
  if (request.apiKey !== api.key) problems.push(`${api.name}: key ${api.key}, defined as ${request.apiKey}`)
  const [from, to] = versionsOf(request.validVersions)
  const stable = request.latestVersionUnstable ? to - 1 : to
  if (api.versionMin !== from || api.versionMax !== stable) {
    console.log(`${api.name}: declared ${api.versionMin}-${api.versionMax}, defined there ${from}-${stable}`)
  }
  const range = [Math.max(from, api.versionMin), Math.min(to, api.versionMax)] as const
  compare(`${api.name}Request`, api.request.fields, api.flexibleFrom, request, range)
  compare(`${api.name}Response`, api.response.fields, api.flexibleFrom, response, range)
}
for (const [name, message] of [
  ['ConsumerProtocolSubscription', consumerProtocolSubscription],
  ['ConsumerProtocolAssignment', consumerProtocolAssignment],
] as const) {
  const defined = definition(name)
  if (defined) compare(name, message.fields, message.flexibleFrom, defined, versionsOf(defined.validVersions))
}

for (const problem of problems) console.error(problem)
console.log(`${compared} versions of messages compared, ${problems.length} differ`)
process.exitCode = problems.length === 0 && compared > 0 ? 0 : 1

function compare(name: string, fields: Fields, flexibleFrom: number, defined: Definition, range: readonly number[]) {
  const flexible =
    defined.flexibleVersions === 'none' ? Number.POSITIVE_INFINITY : versionsOf(defined.flexibleVersions)[0]
  for (let version = range[0]!; version <= range[1]!; version++) {
    compared++
    if (version >= flexible !== version >= flexibleFrom) problems.push(`${name} v${version}: flexible or not`)
    const structs = new Map(defined.commonStructs?.map((struct) => [struct.name, struct.fields]))
    const theirs = defined.fields.flatMap((field) => definedLines(field, version, structs, ''))
    const ours = Object.entries(fields).flatMap(([key, field]) => declaredLines(key, field, version, ''))
    for (let i = 0; i < Math.max(ours.length, theirs.length); i++) {
      if (ours[i] === theirs[i]) continue
      problems.push(`${name} v${version}: declared '${ours[i] ?? 'nothing'}', defined '${theirs[i] ?? 'nothing'}'`)
      break
    }
  }
}

function definedLines(
  field: DefinedField,
  version: number,
  structs: ReadonlyMap<string, readonly DefinedField[]>,
  path: string,
): string[] {
  if (!includes(field.versions, version)) return []
  if (field.flexibleVersions !== undefined) throw new Error(`${field.name} is flexible in versions of its own`)
  const name = `${path}${field.name[0]!.toLowerCase()}${field.name.slice(1)}`
  const isArray = field.type.startsWith('[]')
  const itemType = isArray ? field.type.slice(2) : field.type
  const isSimple = SIMPLE_TYPES.test(itemType)
  const simpleType = isSimple ? (NAMED_TYPES[itemType] ?? itemType) : 'struct'
  const nullable = field.nullableVersions !== undefined && includes(field.nullableVersions, version)
  const tag = field.taggedVersions !== undefined && includes(field.taggedVersions, version) ? field.tag! : -1
  const type = isArray ? `array of ${simpleType}` : simpleType
  const line = describe(name, type, nullable, tag, definedDefault(field, type))
  if (isSimple) return [line]
  const inner = field.fields ?? structs.get(itemType)
  if (inner === undefined) throw new Error(`no fields of ${itemType}`)
  return [line, ...inner.flatMap((each) => definedLines(each, version, structs, `${name}.`))]
}

function declaredLines(key: string, field: Field, version: number, path: string): string[] {
  if (!isPresent(field, version)) return []
  const name = path + key
  const type = field.type === 'array' ? `array of ${field.item!.type}` : field.type
  const line = describe(name, type, version >= field.nullable, field.tag, declaredDefault(field))
  const inner = field.item?.fields ?? field.fields ?? {}
  return [line, ...Object.entries(inner).flatMap(([each, f]) => declaredLines(each, f, version, `${name}.`))]
}

function describe(name: string, type: string, nullable: boolean, tag: number, standard: string): string {
  return `${name}: ${type}${nullable ? ' or null' : ''}${tag >= 0 ? `, tag ${tag}` : ''}, default ${standard}`
}

function definedDefault(field: DefinedField, type: string): string {
  if (field.default === 'null') return 'null'
  if (type.startsWith('array') || type === 'struct') return 'empty'
  if (field.default === undefined || field.default === '') return EMPTY[type] ?? '0'
  if (/int|float/.test(type)) return String(Math.min(Number(field.default), Number.MAX_SAFE_INTEGER))
  return String(field.default).toLowerCase() === 'true' ? 'true' : String(field.default)
}

function declaredDefault(field: Field): string {
  if (field.default === null) return 'null'
  if (field.type === 'array' || field.type === 'struct') return 'empty'
  if (field.type === 'uuid') return 'zero'
  return String(field.default)
}

/** Lines of comment stand among the JSON. */
function definition(name: string): Definition | null {
  const path = join(folder!, `${name}.json`)
  if (!existsSync(path)) return null
  const text = readFileSync(path, 'utf8').replace(/("(?:[^"\\]|\\.)*")|\/\/.*$/gm, (_, quoted) => quoted ?? '')
  return JSON.parse(text) as Definition
}

/** `3+`, `0-12`, `4`, `none`. */
function versionsOf(range: string): [from: number, to: number] {
  if (range === 'none') return [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  const [from, to] = range.split('-')
  if (from!.endsWith('+')) return [Number.parseInt(from!, 10), Number.POSITIVE_INFINITY]
  return [Number(from), Number(to ?? from)]
}

function includes(range: string, version: number): boolean {
  const [from, to] = versionsOf(range)
  return version >= from && version <= to
}
