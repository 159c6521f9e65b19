/**
 * How deep JSON is nested. What is nested too deep can be read and not written again: that takes a stack, which ends.
 * Looked for in the text, since whatever walks the value needs that stack too.
 */
const DEPTH_MAX = 1000

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** Of a text that is JSON. */
export function isNestedTooDeep(text: string): boolean {
  if (text.length <= 2 * DEPTH_MAX) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === QUOTE) at = endOfString(text, at)
    else if (char === 0x5b || char === 0x7b) {
      if (++depth > DEPTH_MAX) return true
    } else if (char === 0x5d || char === 0x7d) depth--
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
