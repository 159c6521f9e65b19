/** Rows of the API as cells: fields are named as the API names them, parts of objects with dots, as in `columns`. */
import type { Column } from './output.ts'

export type Row = Readonly<Record<string, unknown>>

export function valueAt(row: Row, path: string): unknown {
  if (path in row) return row[path]
  let value: unknown = row
  for (const part of path.split('.')) value = (value as Row | null | undefined)?.[part]
  return value
}

/** Text for a cell: numbers with two decimals at most, nothing for null, lists with commas, objects as `key=value`. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.map(shown).join(', ')
  if (typeof value === 'number') return String(Math.round(value * 100) / 100)
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .map(([key, inner]) => `${key}=${typeof inner === 'object' ? JSON.stringify(inner) : inner}`)
    .join(' ')
}

/** A column for each field; numbers stand to the right. */
export function columnsOf(names: readonly string[], rows: readonly Row[]): Column<Row>[] {
  return names.map((name) => ({
    title: name,
    cell: (row) => shown(valueAt(row, name)),
    right: rows.some((row) => typeof valueAt(row, name) === 'number'),
  }))
}

/** Those of the fields that have something to tell, for `Output.show`. */
export function fieldsOf(row: Row, names: readonly string[]): [name: string, shown: string][] {
  return names.filter((name) => !isNothing(valueAt(row, name))).map((name) => [name, shown(valueAt(row, name))])
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0)
}
