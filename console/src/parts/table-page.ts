/** The page of rows that a table shows: as the broker cut it, or cut here from what came whole. */
import type { View } from './table-view.ts'

export interface Paged<T> {
  readonly items: readonly T[]
  readonly total: number
  readonly filtered: number
  readonly pages: number
}

export interface PagedAnswer<T> {
  readonly items: readonly T[]
  readonly total_count: number
  readonly filtered_count: number
  readonly page_count: number
}

/** What came whole is filtered, sorted and cut here. */
export function pagedOf<T>(answer: PagedAnswer<T> | readonly T[], view: View): Paged<T> {
  if (!Array.isArray(answer)) {
    const { items, total_count, filtered_count, page_count } = answer as PagedAnswer<T>
    return { items, total: total_count, filtered: filtered_count, pages: page_count }
  }
  const all = answer as readonly T[]
  const word = view.filter.toLowerCase()
  const found = word === '' ? [...all] : all.filter((row) => nameOf(row).toLowerCase().includes(word))
  if (view.sort !== undefined) {
    const key = view.sort
    found.sort((a, b) => compare(fieldOf(a, key), fieldOf(b, key)))
    if (view.reverse) found.reverse()
  }
  const start = (view.page - 1) * view.size
  const pages = Math.max(1, Math.ceil(found.length / view.size))
  return { items: found.slice(start, start + view.size), total: all.length, filtered: found.length, pages }
}

const fieldOf = (row: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], row)

const nameOf = (row: unknown): string => {
  const { name, ...rest } = row as Record<string, unknown>
  return typeof name === 'string' ? name : JSON.stringify(rest)
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a ?? 0) - Number(b ?? 0)
  return String(a ?? '').localeCompare(String(b ?? ''))
}
