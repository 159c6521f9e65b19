/** JSON read and written again with integers as they stand there: AMQP has 64 bits of them, JavaScript 53. */
type RawJson = { rawJSON(text: string): unknown }

/** @throws SyntaxError */
export function exactJson(text: string): unknown {
  return JSON.parse(text, (_key, value, context?: { readonly source?: string }) => {
    if (typeof value !== 'number' || Number.isSafeInteger(value) || !Number.isInteger(value)) return value
    return /^-?\d+$/.test(context?.source ?? '') ? (JSON as unknown as RawJson).rawJSON(context!.source!) : value
  })
}
