/**
 * How deep JSON is nested. What is nested too deep can be read and not written again: that takes a stack, which ends.
 * Looked for in the text, since whatever walks the value needs that stack too.
 */

const [QUOTE, BACKSLASH, BRACKET, BRACE, BRACKET_END, BRACE_END] = Buffer.from('"\\[{]}')

/** Of a text that is JSON, or is to be. */
export function isNestedDeeper(text: string, depthMax: number): boolean {
  if (text.length <= depthMax) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) at = endOfString(text, at)
    else if (char === BRACKET || char === BRACE) {
      if (++depth > depthMax) return true
    } else if (char === BRACKET_END || char === BRACE_END) depth--
  }
  return false
}

/** Where the quote stands that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = start
  do {
    end = text.indexOf('"', end + 1)
    if (end < 0) return text.length
  } while (isEscaped(text, end))
  return end
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === BACKSLASH) before--
  return (at - before) % 2 === 0
}
