/** Prometheus' text format, read: what a test wants to know of an answer. */

export interface Line {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export class Metrics {
  readonly lines: readonly Line[]
  /** By name. */
  readonly types: ReadonlyMap<string, string>

  /** @throws for a line that is none of the format's, and for a name whose lines do not stand together */
  constructor(text: string) {
    const lines: Line[] = []
    const types = new Map<string, string>()
    let family = ''
    for (const row of text.split('\n')) {
      const type = /^# TYPE (\S+) (\w+)$/.exec(row)
      if (type !== null) {
        family = type[1]!
        if (types.has(family)) throw new Error(`${family} stands in two places`)
        types.set(family, type[2]!)
      } else if (row !== '' && !row.startsWith('# HELP ')) {
        const [, name, labels, value] = /^([a-z_:][\w:]*)(?:\{(.*)\})? (\S+)$/i.exec(row) ?? []
        if (name === undefined) throw new Error(`no line of the format: ${row}`)
        lines.push({ name, labels: labelsIn(labels ?? ''), value: Number(value) })
      }
    }
    this.lines = lines
    this.types = types
  }

  get names(): ReadonlySet<string> {
    return new Set(this.lines.map(({ name }) => name))
  }

  /** The value of the only line with these labels. @throws if there is none, or another */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const found = this.lines.filter(
      (line) => line.name === name && Object.entries(labels).every(([label, value]) => line.labels[label] === value),
    )
    if (found.length !== 1) throw new Error(`${found.length} lines of ${name} ${JSON.stringify(labels)}`)
    return found[0]!.value
  }
}

function labelsIn(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    labels[name!] = value!.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one))
  }
  return labels
}
