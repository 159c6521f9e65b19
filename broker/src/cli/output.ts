/**
 * What a command prints on stdout: for people a table or lines, with `--json` exactly one value, or one a line where
 * there is no end. Colours are for terminals only (and never with NO_COLOR).
 */
import { styleText } from 'node:util'
import Table from 'cli-table3'

type Style = Parameters<typeof styleText>[0]

export interface Column<Row> {
  readonly title: string
  /** What stands in the cell; null and undefined are left empty. */
  readonly cell: (row: Row) => string | number | boolean | null | undefined
  /** Numbers stand to the right. */
  readonly right?: boolean
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

export class Output {
  readonly json: boolean

  constructor(json: boolean) {
    this.json = json
  }

  /** Rows as the broker sent them, or as a table. */
  list<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    if (this.json) this.#json(rows)
    else if (rows.length === 0) this.note('none')
    else this.table(rows, columns)
  }

  /** One thing: the value as the broker sent it, or its fields, one a line. */
  show(value: unknown, fields: readonly (readonly [name: string, shown: unknown])[]): void {
    if (this.json) this.#json(value)
    else this.fields(fields)
  }

  fields(fields: readonly (readonly [name: string, shown: unknown])[]): void {
    const width = Math.max(...fields.map(([name]) => name.length))
    for (const [name, shown] of fields) {
      if (shown === undefined || shown === null || shown === '') continue
      this.#write(`${this.styled('bold', name.padEnd(width))}  ${shown}\n`)
    }
  }

  /** What was done, or one of many that come as they happen: a line for people, or the value. */
  say(text: string, value: unknown): void {
    if (this.json) this.#json(value)
    else this.#write(`${text}\n`)
  }

  /** Text for people alone. */
  text(text: string): void {
    if (!this.json) this.#write(`${text}\n`)
  }

  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): void {
    const table = new Table({
      head: columns.map(({ title }) => this.styled('bold', title)),
      chars: NO_LINES,
      colAligns: columns.map(({ right }) => (right ? 'right' : 'left')),
      style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    })
    for (const row of rows) table.push(columns.map(({ cell }) => String(cell(row) ?? '')))
    const lines = table.toString().split('\n')
    this.#write(`${lines.map((line) => line.trimEnd()).join('\n')}\n`)
  }

  /** A remark beside the result: on stderr. */
  note(text: string): void {
    process.stderr.write(`${text}\n`)
  }

  styled(style: Style, text: string): string {
    return styleText(style, text, { stream: process.stdout })
  }

  #json(value: unknown): void {
    this.#write(`${JSON.stringify(value)}\n`)
  }

  #write(text: string): void {
    process.stdout.write(text)
  }
}
