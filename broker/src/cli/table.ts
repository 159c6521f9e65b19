/**
 * Text in columns, as wide as their widest cell, two spaces between: what people read and what `awk` takes apart.
 * Laid out in time proportional to its cells, because lists of queues have tens of thousands.
 */
const GAP = '  '
const PLAIN = /^[ -~]*$/
/** Take two places each on a terminal. */
const WIDE = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{Emoji_Presentation}]/gu
/** Take none. */
const COMBINING = /\p{M}/gu

/** A column of text is not cut to less, and has so much before others go. */
const CUT_TO = 12
const NAME = 36

export interface Table {
  /** The titles first. */
  readonly rows: readonly (readonly string[])[]
  /** By column: numbers stand to the right. */
  readonly isRight: readonly boolean[]
}

/**
 * A table that is no wider than the room, if that can be: without spare columns, then with text cut.
 *
 * @param spare titles, the first one goes first
 */
export function fitted(table: Table, room: number, spare: readonly string[]): Table {
  if (room === Number.POSITIVE_INFINITY) return table
  let { rows, isRight } = table
  let widths = widthsOf(table)
  for (const title of spare) {
    // One long name is rather cut than all columns given up.
    if (wholeOf(widths.map((width, at) => (isRight[at] ? width : Math.min(width, NAME)))) <= room) break
    const gone = rows[0]!.indexOf(title)
    if (gone < 0) continue
    rows = rows.map((row) => row.toSpliced(gone, 1))
    isRight = isRight.toSpliced(gone, 1)
    widths = widths.toSpliced(gone, 1)
  }
  const excess = wholeOf(widths) - room
  if (excess <= 0) return { rows, isRight }
  const short = cutWidths(widths, isRight, excess)
  return { rows: rows.map((row) => row.map((cell, at) => cut(cell, short[at]!))), isRight }
}

function wholeOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length)
}

/** The widest of the columns of text are made narrower, until the excess is gone or nothing more can be cut. */
function cutWidths(before: readonly number[], isRight: readonly boolean[], excess: number): number[] {
  const widths = [...before]
  for (let left = excess; left > 0; left--) {
    const texts = widths.map((width, at) => (isRight[at] ? 0 : width))
    const widest = texts.indexOf(Math.max(...texts))
    if (texts[widest]! <= CUT_TO) break
    widths[widest] = widths[widest]! - 1
  }
  return widths
}

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let short = ''
  for (const char of text) {
    if (widthOf(short + char) > width - 1) break
    short += char
  }
  return `${short}…`
}

function widthsOf({ rows, isRight }: Table): number[] {
  return isRight.map((_, at) => rows.reduce((widest, row) => Math.max(widest, widthOf(row[at]!)), 0))
}

/** @param style for the titles */
export function tableLines(
  rows: readonly (readonly string[])[],
  isRight: readonly boolean[],
  style: (title: string) => string,
): string[] {
  const widths = widthsOf({ rows, isRight })
  return rows.map((row, index) => {
    const cells = row.map((cell, at) => {
      const space = ' '.repeat(widths[at]! - widthOf(cell))
      const text = index === 0 ? style(cell) : cell
      if (isRight[at]) return space + text
      return at === row.length - 1 ? text : text + space
    })
    return cells.join(GAP).trimEnd()
  })
}

function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length
  return [...text].length + (text.match(WIDE)?.length ?? 0) - (text.match(COMBINING)?.length ?? 0)
}

/** Names are anybody's: what would steer a terminal is shown and not obeyed. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
