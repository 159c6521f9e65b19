/** `columns=a,b.c`: only these fields of a row, where they are. */
import type { Context } from 'hono'

export type Projection = (row: object) => object

/** Null for all columns. */
export function projection(c: Context): Projection | null {
  const text = c.req.query('columns')
  if (text === undefined || text === '') return null
  const paths = text.split(',').map((column) => column.split('.'))
  return (row) => {
    const picked = {}
    for (const path of paths) pick(row, path, picked)
    return picked
  }
}

function pick(from: object, path: readonly string[], into: object): void {
  const [field, ...rest] = path
  if (!Object.hasOwn(from, field)) return
  const value = (from as Record<string, unknown>)[field]
  const target = into as Record<string, unknown>
  if (rest.length === 0) target[field] = value
  else if (typeof value === 'object' && value !== null) {
    if (!Object.hasOwn(target, field)) target[field] = {}
    pick(value, rest, target[field] as object)
  }
}
