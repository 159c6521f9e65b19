/**
 * What an answer must have: names of fields with the JSON types of their values. `name?` may be absent, `a|b` is either,
 * `[shape]` is an array of such, `{}` any object, and `any` says that a field is there.
 */

export type Shape = string | readonly [Shape] | { readonly [field: string]: Shape }

/** What is wrong, as `path: words`; empty when all is there. */
export function misfits(value: unknown, shape: Shape, path = ''): string[] {
  if (typeof shape === 'string') {
    if (shape === 'any' || shape.split('|').includes(typeOf(value))) return []
    return [`${path || 'the answer'}: ${shape} expected, ${typeOf(value)} found`]
  }
  if (Array.isArray(shape)) {
    if (!Array.isArray(value)) return [`${path || 'the answer'}: array expected, ${typeOf(value)} found`]
    return value.flatMap((item, at) => misfits(item, shape[0], `${path}[${at}]`))
  }
  if (typeOf(value) !== 'object') return [`${path || 'the answer'}: object expected, ${typeOf(value)} found`]
  const fields = value as Record<string, unknown>
  return Object.entries(shape as Record<string, Shape>).flatMap(([key, inner]) => {
    const name = key.replace(/\?$/, '')
    const at = path === '' ? name : `${path}.${name}`
    if (Object.hasOwn(fields, name)) return misfits(fields[name], inner, at)
    return key.endsWith('?') ? [] : [`${at}: missing`]
  })
}

export function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
