/** Headers and properties as a form edits them: rows of text, with a type that says what the text stands for. */

export type ValueType = 'string' | 'number' | 'boolean' | 'json'
export interface HeaderRow {
  readonly name: string
  readonly value: string
  readonly type: ValueType
}

export const PROPERTY_NAMES = [
  'content_type',
  'content_encoding',
  'delivery_mode',
  'priority',
  'correlation_id',
  'reply_to',
  'expiration',
  'message_id',
  'timestamp',
  'type',
  'user_id',
  'app_id',
] as const
const NUMBERS: ReadonlySet<string> = new Set(['delivery_mode', 'priority', 'timestamp'])

export function rowsOf(headers: Readonly<Record<string, unknown>>): HeaderRow[] {
  return Object.entries(headers).map(([name, value]) => {
    if (typeof value === 'string') return { name, value, type: 'string' }
    if (typeof value === 'number') return { name, value: String(value), type: 'number' }
    if (typeof value === 'boolean') return { name, value: String(value), type: 'boolean' }
    return { name, value: JSON.stringify(value), type: 'json' }
  })
}

/** @throws Error naming the row that does not say what its type wants */
export function headersOf(rows: readonly HeaderRow[]): Record<string, unknown> {
  const headers: Record<string, unknown> = {}
  for (const { name, value, type } of rows) {
    if (name.trim() === '') {
      if (value === '') continue
      throw new Error('A header has no name.')
    }
    headers[name] = typed(name, value, type)
  }
  return headers
}

export function typed(name: string, value: string, type: ValueType): unknown {
  if (type === 'string') return value
  if (type === 'boolean') {
    if (value === 'true' || value === 'false') return value === 'true'
    throw new Error(`${name} must be true or false.`)
  }
  if (type === 'number') {
    const number = Number(value)
    if (value.trim() === '' || Number.isNaN(number)) throw new Error(`${name} must be a number.`)
    return number
  }
  try {
    return JSON.parse(value) as unknown
  } catch {
    throw new Error(`${name} must be JSON.`)
  }
}

/** Those that were filled in, numbers as numbers. @throws Error as above */
export function propertiesOf(fields: Readonly<Record<string, string>>): Record<string, unknown> {
  const properties: Record<string, unknown> = {}
  for (const name of PROPERTY_NAMES) {
    const text = fields[name] ?? ''
    if (text !== '') properties[name] = typed(name, text, NUMBERS.has(name) ? 'number' : 'string')
  }
  return properties
}

export interface HeaderEdit {
  readonly set_headers?: Record<string, unknown>
  readonly remove_headers?: string[]
}

/** What to set and what to remove so that the headers become those of the rows. @throws Error as above */
export function editOf(before: Readonly<Record<string, unknown>>, rows: readonly HeaderRow[]): HeaderEdit {
  const after = headersOf(rows)
  const set: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(after)) {
    if (!(name in before) || JSON.stringify(before[name]) !== JSON.stringify(value)) set[name] = value
  }
  const removed = Object.keys(before).filter((name) => !(name in after))
  return {
    ...(Object.keys(set).length > 0 ? { set_headers: set } : {}),
    ...(removed.length > 0 ? { remove_headers: removed } : {}),
  }
}
