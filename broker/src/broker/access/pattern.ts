// Permission patterns: regular expressions in PCRE's dialect, as RabbitMQ's administrators write them, turned into
// JavaScript's. They are not anchored: 'log' permits 'catalogue'. The empty pattern is read as ^$ and permits nothing.
//
// What JavaScript would read differently without a word (\A, \Q, [[:alpha:]]) is translated or refused, since a pattern
// that silently means something else opens or shuts a door. JavaScript's matcher has no step limit, so a pattern with
// nested repetition, like (a+)+$, can take very long on a long name: patterns come from administrators only, and their
// length is bounded, which keeps accidents small but is no defence against an administrator.

import { Refusal } from '../refusal.ts'

export const patternCharsMax = 1024

/** @throws Refusal precondition-failed naming the pattern and what is wrong with it. */
export function compilePattern(source: string): RegExp {
  if (source.length > patternCharsMax) refuse(source, `longer than ${patternCharsMax} characters`)
  if (source === '') return /^$/
  const flags = /^\(\?([ims]+)\)/.exec(source)
  try {
    return new RegExp(translate(source, flags?.[0].length ?? 0), flags?.[1] ?? '')
  } catch (error) {
    if (error instanceof Refusal) throw error
    return refuse(source, (error as Error).message.replace(/^.*: /, ''))
  }
}

/** The text as a pattern that matches just itself. */
export function literally(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}-]/g, '\\$&')
}

function translate(source: string, from: number): string {
  let out = ''
  let inClass = false
  for (let i = from; i < source.length; i++) {
    const char = source[i]
    if (char === '\\') out += escaped(source, source[++i], inClass)
    else if (inClass) {
      if (char === '[' && /[:.=]/.test(source[i + 1] ?? '')) refuse(source, `${source.slice(i, i + 2)} classes`)
      inClass = char !== ']'
      out += char
    } else if (char === '[') {
      const opening = /^\[\^?\]?/.exec(source.slice(i))![0]
      out += opening.replace(']', '\\]')
      i += opening.length - 1
      inClass = true
    } else out += char
  }
  return out
}

const anchors: Record<string, string> = { A: '(?<![^])', z: '(?![^])', Z: '(?=\\n?(?![^]))' }

function escaped(source: string, char: string | undefined, inClass: boolean): string {
  if (char === undefined) return refuse(source, '\\ at the end')
  if (!/[A-Za-z0-9]/.test(char) || /[dDwWsSbnrtfx1-9]/.test(char) || (char === 'B' && !inClass)) return `\\${char}`
  if (char in anchors && !inClass) return anchors[char]
  return refuse(source, `\\${char} is not supported`)
}

function refuse(source: string, reason: string): never {
  const shown = source.length > 80 ? `${source.slice(0, 80)}…` : source
  throw new Refusal('precondition-failed', `invalid regular expression '${shown}': ${reason}`)
}
