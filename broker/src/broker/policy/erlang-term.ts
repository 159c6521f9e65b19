/** A JSON value as RabbitMQ prints it in its error texts: people search for these texts as they stand. */
export function erlangTerm(value: unknown): string {
  if (typeof value === 'string') return `<<${JSON.stringify(value)}>>`
  if (Array.isArray(value)) return `[${value.map(erlangTerm).join()}]`
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value).map(([key, inner]) => `${erlangTerm(key)} => ${erlangTerm(inner)}`)
  return `#{${entries.join()}}`
}
