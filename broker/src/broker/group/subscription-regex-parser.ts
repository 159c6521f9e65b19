/**
 * Reads a pattern in RE2's dialect, which Kafka's consumers subscribe by: what can be matched in one pass over the text.
 * Refused, as there: what needs to look back or around (`\1`, `(?=…)`, `(?<!…)`, `a++`). Greedy or not makes no
 * difference where a whole name fits or does not.
 */
import { StreamRefusal } from '../stream-refusal.ts'

export type Edge = 'start' | 'end' | 'word' | 'no-word'

export type Node =
  | { readonly kind: 'set'; has(code: number): boolean }
  | { readonly kind: 'edge'; readonly edge: Edge }
  | { readonly kind: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly kind: 'choice'; readonly nodes: readonly Node[] }
  /** `max` Infinity: without bound. */
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number }

type Has = (code: number) => boolean

const REPEAT_MAX = 1000
const DEPTH_MAX = 200

const isDigit: Has = (code) => code >= 48 && code <= 57
export const isWord: Has = (code) =>
  isDigit(code) || code === 95 || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
const isSpace: Has = (code) => code === 32 || (code >= 9 && code <= 13 && code !== 11)
const not =
  (has: Has): Has =>
  (code) =>
    !has(code)

const CLASSES: Readonly<Record<string, Has>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
}
const NAMED_CLASSES: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  ascii: /\p{ASCII}/u,
  blank: /[\t ]/,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[\t\n\v\f\r ]/,
  upper: /[A-Z]/,
  word: /[0-9A-Za-z_]/,
  xdigit: /[0-9A-Fa-f]/,
}
const EDGES: Readonly<Record<string, Edge>> = { A: 'start', z: 'end', b: 'word', B: 'no-word' }
const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 }

/** @throws StreamRefusal invalid-regular-expression */
export function parsePattern(source: string): Node {
  const parser = new Parser(source)
  const node = parser.choice(0)
  if (!parser.atEnd) parser.refuse('unexpected )')
  return node
}

class Parser {
  private readonly source: string
  private pos = 0
  private ignoreCase = false

  constructor(source: string) {
    this.source = source
  }

  get atEnd(): boolean {
    return this.pos >= this.source.length
  }

  refuse(reason: string): never {
    const text = `SubscribedTopicRegex \`${this.source}\` is not a valid regular expression: ${reason}.`
    throw new StreamRefusal('invalid-regular-expression', text)
  }

  choice(depth: number): Node {
    if (depth > DEPTH_MAX) this.refuse('nested too deeply')
    const nodes = [this.sequence(depth)]
    while (this.take('|')) nodes.push(this.sequence(depth))
    return nodes.length === 1 ? nodes[0]! : { kind: 'choice', nodes }
  }

  private sequence(depth: number): Node {
    const nodes: Node[] = []
    while (!this.atEnd && !this.sees('|') && !this.sees(')')) {
      const quoted = this.take('\\Q') ? this.quoted() : null
      nodes.push(...(quoted ?? [this.repeated(this.atom(depth))]))
    }
    return { kind: 'sequence', nodes }
  }

  private repeated(atom: Node): Node {
    const bounds = this.bounds()
    if (bounds === null) return atom
    this.take('?')
    const [min, max] = bounds
    if (this.bounds() !== null) this.refuse('invalid nested repetition operator')
    return { kind: 'repeat', node: atom, min, max }
  }

  /** A `{` that begins no bounds is just itself. */
  private bounds(): [min: number, max: number] | null {
    if (this.take('*')) return [0, Number.POSITIVE_INFINITY]
    if (this.take('+')) return [1, Number.POSITIVE_INFINITY]
    if (this.take('?')) return [0, 1]
    const found = /^\{(\d{1,9})(,(\d{1,9})?)?\}/.exec(this.source.slice(this.pos, this.pos + 24))
    if (found === null) return null
    this.pos += found[0].length
    const min = Number(found[1])
    const max = found[2] === undefined ? min : found[3] === undefined ? Number.POSITIVE_INFINITY : Number(found[3])
    if (min > REPEAT_MAX || (max > REPEAT_MAX && max !== Number.POSITIVE_INFINITY) || max < min) {
      this.refuse('invalid repeat count')
    }
    return [min, max]
  }

  private atom(depth: number): Node {
    if (this.take('(')) return this.group(depth)
    if (this.take('[')) return this.set(this.bracket())
    if (this.take('.')) return this.set((code) => code !== 10)
    if (this.take('^')) return { kind: 'edge', edge: 'start' }
    if (this.take('$')) return { kind: 'edge', edge: 'end' }
    if (this.take('\\')) return this.escapedAtom()
    if (/[*+?]/.test(this.source[this.pos]!)) this.refuse('missing argument to repetition operator')
    return this.literal(this.next())
  }

  private group(depth: number): Node {
    const before = this.ignoreCase
    if (this.take('?')) {
      const flags = /^([ims]*)(-[ims]+)?([:)])/.exec(this.source.slice(this.pos, this.pos + 12))
      const name = /^P?<(\w+)>/.exec(this.source.slice(this.pos, this.pos + 80))
      const prefix = flags ?? name ?? this.refuse('invalid or unsupported Perl syntax')
      this.pos += prefix[0].length
      if (flags?.[1]?.includes('i')) this.ignoreCase = true
      if (flags?.[2]?.includes('i')) this.ignoreCase = false
      if (flags?.[3] === ')') return { kind: 'sequence', nodes: [] }
    }
    const node = this.choice(depth + 1)
    if (!this.take(')')) this.refuse('missing closing )')
    this.ignoreCase = before
    return node
  }

  private escapedAtom(): Node {
    const char = this.source[this.pos]
    if (char !== undefined && char in EDGES) {
      this.pos += 1
      return { kind: 'edge', edge: EDGES[char]! }
    }
    const escaped = this.escaped()
    return typeof escaped === 'number' ? this.literal(escaped) : this.set(escaped)
  }

  /** Behind a backslash: a character, or a class of them. */
  private escaped(): number | Has {
    if (this.atEnd) this.refuse('trailing \\')
    const char = this.source[this.pos]!
    if (char === 'x') return this.hexadecimal()
    this.pos += 1
    const known = CLASSES[char] ?? CONTROLS[char]
    if (known !== undefined) return known
    if (/[0-9A-Za-z]/.test(char)) this.refuse(`invalid escape sequence \\${char}`)
    return char.charCodeAt(0)
  }

  private hexadecimal(): number {
    const found = /^x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(this.source.slice(this.pos, this.pos + 10))
    if (found === null) this.refuse('invalid escape sequence \\x')
    this.pos += found[0].length
    return Number.parseInt(found[1] ?? found[2]!, 16)
  }

  private bracket(): Has {
    const negated = this.take('^')
    const parts: Has[] = []
    for (let first = true; first || !this.sees(']'); first = false) {
      if (this.atEnd) this.refuse('missing closing ]')
      parts.push(this.bracketPart())
    }
    this.pos += 1
    const folded = parts.map((has) => this.folded(has))
    const any = remembered((code) => folded.some((has) => has(code)))
    return negated ? not(any) : any
  }

  private bracketPart(): Has {
    const named = /^\[:(\^?)(\w+):\]/.exec(this.source.slice(this.pos, this.pos + 16))
    if (named !== null) {
      const pattern = NAMED_CLASSES[named[2]!] ?? this.refuse(`invalid character class range ${named[0]}`)
      this.pos += named[0].length
      const has: Has = (code) => pattern.test(String.fromCharCode(code))
      return named[1] === '' ? has : not(has)
    }
    const low = this.take('\\') ? this.escaped() : this.next()
    if (typeof low !== 'number') return low
    if (!this.sees('-') || this.source[this.pos + 1] === ']' || this.pos + 1 >= this.source.length) {
      return (code) => code === low
    }
    this.pos += 1
    const high = this.take('\\') ? this.escaped() : this.next()
    if (typeof high !== 'number' || high < low) this.refuse('invalid character class range')
    return (code) => code >= low && code <= high
  }

  private quoted(): Node[] {
    const end = this.source.indexOf('\\E', this.pos)
    const text = this.source.slice(this.pos, end < 0 ? undefined : end)
    this.pos = end < 0 ? this.source.length : end + 2
    return Array.from(text, (char) => this.literal(char.charCodeAt(0)))
  }

  private literal(code: number): Node {
    return this.set((other) => other === code)
  }

  private set(has: Has): Node {
    return { kind: 'set', has: this.folded(has) }
  }

  private folded(has: Has): Has {
    if (!this.ignoreCase) return has
    return (code) => {
      const char = String.fromCharCode(code)
      return has(code) || has(char.toLowerCase().charCodeAt(0)) || has(char.toUpperCase().charCodeAt(0))
    }
  }

  private sees(text: string): boolean {
    return this.source.startsWith(text, this.pos)
  }

  private take(text: string): boolean {
    if (!this.sees(text)) return false
    this.pos += text.length
    return true
  }

  private next(): number {
    return this.source.charCodeAt(this.pos++)
  }
}

/** Brackets may hold thousands of parts, and be asked of the same character at every place of many names. */
function remembered(has: Has): Has {
  const answers = new Map<number, boolean>()
  return (code) => {
    const known = answers.get(code)
    if (known !== undefined) return known
    const answer = has(code)
    answers.set(code, answer)
    return answer
  }
}
