/** What is read of an OpenAPI 3.1 document, and what people want of it: fields, examples, lines for curl. */

export interface Schema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly items?: Schema
  readonly additionalProperties?: Schema | boolean
  readonly anyOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly example?: unknown
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required?: boolean
  readonly description?: string
  readonly schema?: Schema
}

export interface Described {
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>
}

export interface OpenApi {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly servers?: readonly { readonly url: string }[]
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
}

export interface Operation extends Described {
  /** In addresses. */
  readonly id: string
  readonly method: string
  readonly path: string
}

/** By their first tag, in the order of the document. */
export function groupedOperations({ paths }: OpenApi): Map<string, Operation[]> {
  const groups = new Map<string, Operation[]>()
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, described] of Object.entries(methods)) {
      const tag = described.tags?.[0] ?? 'Other'
      const id = `${method}-${path.replaceAll(/[{}]/g, '').replaceAll('/', '-').slice(1)}`
      const operation = { ...described, id, method: method.toUpperCase(), path }
      groups.set(tag, [...(groups.get(tag) ?? []), operation])
    }
  }
  return groups
}

/** The name behind a reference, null where the schema stands itself. */
export const nameOf = ({ $ref }: Schema): string | null => $ref?.split('/').at(-1) ?? null

export function resolved(api: OpenApi, schema: Schema): Schema {
  const name = nameOf(schema)
  return name === null ? schema : (api.components?.schemas?.[name] ?? {})
}

/** `integer, 1 to 1000`; `list of Message`; `json, string or base64`. */
export function typeText(api: OpenApi, schema: Schema): string {
  const name = nameOf(schema)
  if (name !== null) return name
  if (schema.enum !== undefined) return listed(schema.enum.map(String))
  if (schema.anyOf !== undefined) return listed([...new Set(schema.anyOf.map((one) => typeText(api, one)))])
  if (schema.items !== undefined) {
    const { minItems = 0, maxItems } = schema
    const bounds = maxItems === undefined ? '' : `, ${minItems} to ${maxItems}`
    return `list of ${typeText(api, schema.items)}${bounds}`
  }
  if (schema.type === undefined) return 'any'
  const text = listed(typeof schema.type === 'string' ? [schema.type] : schema.type)
  const { minimum, maximum } = schema
  if (minimum === undefined) return text
  return maximum === undefined ? `${text} from ${minimum}` : `${text}, ${minimum} to ${maximum}`
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** The schema whose fields stand below a field of this type; null where there are none. */
export function innerOf(api: OpenApi, schema: Schema): Schema | null {
  const whole = resolved(api, schema)
  if (whole.properties !== undefined) return whole
  return whole.items === undefined ? null : innerOf(api, whole.items)
}

/** What such a value may look like: as the document says, else made of what its parts look like. */
export function exampleOf(api: OpenApi, schema: Schema): unknown {
  const whole = resolved(api, schema)
  if (whole.example !== undefined) return whole.example
  if (whole.anyOf !== undefined) return exampleOf(api, whole.anyOf[0])
  if (whole.items !== undefined) return [exampleOf(api, whole.items)]
  if (whole.enum !== undefined) return whole.enum[0]
  if (whole.properties === undefined) return undefined
  const parts = Object.entries(whole.properties).map(([name, part]) => [name, exampleOf(api, part)] as const)
  return Object.fromEntries(parts.filter(([, value]) => value !== undefined))
}

/** All forms that a body may have. */
export function formsOf(api: OpenApi, schema: Schema): readonly Schema[] {
  return resolved(api, schema).anyOf ?? [schema]
}

/** Of names in paths, to begin with. */
const NAMES: Readonly<Record<string, string>> = {
  vhost: '%2F',
  exchange: 'amq.topic',
  queue: 'orders',
  topic: 'visits',
  partition: '0',
}

interface CurlOptions {
  /** `http://127.0.0.1:15672/v1` */
  readonly base: string
  readonly user: string
}

/** One for each form that the body may have, to be pasted into a shell. */
export function curlLines(api: OpenApi, operation: Operation, { base, user }: CurlOptions): string[] {
  const { method, path, requestBody, responses } = operation
  const target = base + path.replaceAll(/\{(\w+)\}/g, (_, name: string) => NAMES[name] ?? name)
  const streams = Object.values(responses).some(({ content = {} }) => 'text/event-stream' in content)
  const start = `curl ${streams ? '-N ' : ''}-u ${quoted(user)} \\\n  ${quoted(target)}`
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? []
  const verb = method === (type === undefined ? 'GET' : 'POST') ? '' : ` -X ${method}`
  if (type === undefined) return [start + verb]
  if (type !== 'application/json') {
    return [`${start}${verb} \\\n  -H 'content-type: text/plain' \\\n  --data-binary 'as it is'`]
  }
  return formsOf(api, body?.schema ?? {}).map((form) => {
    const json = JSON.stringify(exampleOf(api, form) ?? {})
    return `${start}${verb} \\\n  -H 'content-type: application/json' \\\n  -d ${quoted(json)}`
  })
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
