/**
 * A file of definitions in parts that are imported one after the other, so that a bar shows how far it is and the broker
 * does other things in between. What others need comes before them.
 */
export type Definitions = Readonly<Record<string, unknown>>

export interface Part {
  readonly definitions: Definitions
  readonly entries: number
  /** Where the part begins in the file, by section. */
  readonly places: Readonly<Record<string, number>>
}

const IN_ORDER = [
  'users',
  'vhosts',
  'permissions',
  'topic_permissions',
  'global_parameters',
  'policies',
  'parameters',
  'exchanges',
  'queues',
  'bindings',
]

const PART = 1000

export function partsOf(definitions: Definitions): Part[] {
  const unknown = Object.keys(definitions).filter((section) => !IN_ORDER.includes(section))
  const parts: Part[] = []
  for (const section of [...IN_ORDER, ...unknown]) {
    const entries = definitions[section]
    if (!Array.isArray(entries)) continue
    for (let at = 0; at < entries.length; at += PART) {
      const part = entries.slice(at, at + PART)
      parts.push({ definitions: { [section]: part }, entries: part.length, places: { [section]: at } })
    }
  }
  return parts
}

/** A line of a report, `queue 'q' (queues[3]): why`, with the place in the file instead of that in the part. */
export function placed(line: string, { places }: Part): string {
  return line.replace(/\((\w+)\[(\d+)\]\): /, (_, section, index) => {
    return `(${section}[${Number(index) + (places[section] ?? 0)}]): `
  })
}
