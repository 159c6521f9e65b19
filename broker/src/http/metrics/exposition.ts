/**
 * Prometheus' text format, version 0.0.4, written in slices: a scrape of 10,000 queues is some 200,000 lines, and a
 * library that makes them in one go stops the broker for seconds (docs/decisions/0011-own-exposition.md). What has been
 * written leaves the heap at once, as bytes.
 *
 *   # HELP name text
 *   # TYPE name counter|gauge
 *   name{label="value",…} number
 */

/** Lines, and objects looked at, before others have their turn. */
export const SLICE = 200

/** What a name stands for. */
export interface Family {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
}

export const counter = (name: string, help: string): Family => ({ name, type: 'counter', help })
export const gauge = (name: string, help: string): Family => ({ name, type: 'gauge', help })

/** `{name="value",…}`; '' for none. */
export function labelsOf(labels: Readonly<Record<string, string | number>>): string {
  let text = ''
  for (const [name, value] of Object.entries(labels)) {
    text += `${text === '' ? '{' : ','}${name}="${escaped(String(value))}"`
  }
  return text === '' ? '' : `${text}}`
}

const UNSAFE = /[\\"\n]/

function escaped(value: string): string {
  if (!UNSAFE.test(value)) return value
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

export class Exposition {
  readonly chunks: Uint8Array[] = []
  /** How often others had their turn. */
  slices = 1
  private text = ''
  private left = SLICE

  family({ name, help, type }: Family): void {
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
  }

  /** One line. To be followed by `turn` where there may be many. */
  sample(name: string, labels: string, value: number): void {
    this.text += `${name}${labels} ${value}\n`
  }

  /** A family with one value. */
  one(family: Family, value: number, labels = ''): void {
    this.family(family)
    this.sample(family.name, labels, value)
  }

  /** Text in the format, made elsewhere. */
  append(text: string): void {
    this.text += text.endsWith('\n') ? text : `${text}\n`
  }

  /** Whether a slice is full, after one more line or object: `turn` is to be awaited. */
  isDue(): boolean {
    return --this.left <= 0
  }

  /** Others have their turn. */
  async turn(): Promise<void> {
    this.left = SLICE
    this.slices++
    this.flush()
    await new Promise((resolve) => setImmediate(resolve))
  }

  end(): void {
    this.flush()
  }

  private flush(): void {
    if (this.text !== '') this.chunks.push(Buffer.from(this.text))
    this.text = ''
  }
}
