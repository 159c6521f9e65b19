/** What a policy sets: RabbitMQ's policy keys with their values, checked before they get here. */
export type PolicyDefinition = Readonly<Record<string, string | number | boolean>>

/** Two policies' numbers in one: the lower limit counts, but a retry may be made to wait longer, and -1 is no limit. */
function mergedNumber(key: string, value: number, operator: number): number {
  if (key === 'delayed-retry-min' || key === 'target-group-size') return Math.max(value, operator)
  return lowerLimit(value, operator)
}

/** The lower of two limits, of which a negative one is none. */
export function lowerLimit(a: number, b: number): number {
  return a < 0 || b < 0 ? Math.max(a, b) : Math.min(a, b)
}

/** The definition that results where a policy and an operator policy apply: of numbers the stricter, else the operator's. */
export function mergeDefinitions(
  policy: PolicyDefinition | null,
  operator: PolicyDefinition | null,
): PolicyDefinition | null {
  if (policy === null || operator === null) return policy ?? operator
  const merged: Record<string, string | number | boolean> = { ...policy, ...operator }
  for (const [key, value] of Object.entries(policy)) {
    const strict = operator[key]
    if (typeof value === 'number' && typeof strict === 'number') merged[key] = mergedNumber(key, value, strict)
  }
  return merged
}
