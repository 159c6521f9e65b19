/**
 * What a command prints on stdout: for people a table or lines, with `--json` exactly one value, or one a line where
 * there is no end. Colours are for terminals, and Node heeds NO_COLOR and FORCE_COLOR.
 */
import { styleText } from 'node:util'
import { fitted, printable, tableLines } from './table.ts'

type Style = Parameters<typeof styleText>[0]

export interface Column<Row> {
  readonly title: string
  /** What stands in the cell; null and undefined are left empty. */
  readonly cell: (row: Row) => string | number | boolean | null | undefined
  /** Numbers stand to the right. */
  readonly right?: boolean
}

export class Output {
  readonly json: boolean

  constructor(json: boolean) {
    this.json = json
  }

  /**
   * Rows as the broker sent them, or as a table.
   *
   * @param spare titles of columns that a narrow terminal goes without; null if it goes without none, and cuts nothing
   */
  list<Row>(rows: readonly Row[], columns: readonly Column<Row>[], spare: readonly string[] | null = []): void {
    if (this.json) this.#json(rows)
    else if (rows.length === 0) this.note('none')
    else this.table(rows, columns, spare)
  }

  /** One thing: the value as the broker sent it, or its fields, one a line. */
  show(value: unknown, fields: readonly (readonly [name: string, shown: string])[]): void {
    if (this.json) this.#json(value)
    else this.fields(fields)
  }

  fields(fields: readonly (readonly [name: string, shown: string])[]): void {
    const width = Math.max(...fields.map(([name]) => name.length))
    for (const [name, shown] of fields) {
      this.#write(`${this.styled('bold', name.padEnd(width))}  ${printable(shown)}`.trimEnd() + '\n')
    }
  }

  /** What was done, or one of many that come as they happen: a line for people, or the value. */
  say(text: string, value: unknown): void {
    if (this.json) this.#json(value)
    else this.#write(`${text}\n`)
  }

  /** Text that is JSON already, laid out to be read; with --json on one line. */
  document(text: string, value: unknown): void {
    if (this.json) this.#json(value)
    else this.#write(text)
  }

  /** Text for people alone. */
  text(text: string): void {
    if (!this.json) this.#write(`${text}\n`)
  }

  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], spare: readonly string[] | null = []): void {
    const titles = columns.map(({ title }) => title)
    const cells = rows.map((row) => columns.map(({ cell }) => printable(String(cell(row) ?? ''))))
    const isRight = columns.map(({ right }) => right ?? false)
    // A terminal may not know how wide it is, and then says 0.
    const width = (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY
    const room = spare === null ? Number.POSITIVE_INFINITY : width
    const table = fitted({ rows: [titles, ...cells], isRight }, room, spare ?? [])
    const lines = tableLines(table.rows, table.isRight, (title) => this.styled('bold', title))
    this.#write(`${lines.join('\n')}\n`)
    const left = titles.filter((title) => spare?.includes(title) && !table.rows[0]!.includes(title))
    if (left.length > 0) this.note(`the terminal is too narrow for ${left.join(', ')}: --columns names what to show`)
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
