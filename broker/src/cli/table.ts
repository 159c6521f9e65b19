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

/**
 * @param rows the titles first
 * @param isRight by column: numbers stand to the right
 * @param style for the titles
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  isRight: readonly boolean[],
  style: (title: string) => string,
): string[] {
  const widths = isRight.map((_, at) => rows.reduce((widest, row) => Math.max(widest, widthOf(row[at]!)), 0))
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
