/** Patterns of event names: words between dots, where `*` is one word and `#` any number, as on a topic exchange. */

/** Of the events that a type lists, those whose names a pattern fits. */
export type Fitting<Name extends string, Pattern extends string> = string extends Pattern
  ? Name
  : Name extends string
    ? true extends WordsFit<Words<Pattern>, Words<Name>>
      ? Name
      : never
    : never

type Words<Text extends string> = Text extends `${infer Word}.${infer Rest}` ? [Word, ...Words<Rest>] : [Text]

type WordsFit<Pattern extends string[], Name extends string[]> = Pattern extends [
  infer First extends string,
  ...infer Rest extends string[],
]
  ? First extends '#'
    ?
        | WordsFit<Rest, Name>
        | (Name extends [string, ...infer Others extends string[]] ? WordsFit<Pattern, Others> : false)
    : Name extends [infer Word, ...infer Others extends string[]]
      ? First extends '*' | Word
        ? WordsFit<Rest, Others>
        : false
      : false
  : Name extends []
    ? true
    : false

/** Whether one of the patterns fits the name. */
export function fits(patterns: readonly string[], name: string): boolean {
  const words = wordsOf(name)
  return patterns.some((pattern) => wordsFit(wordsOf(pattern), 0, words, 0))
}

const wordsOf = (text: string): string[] => (text === '' ? [] : text.split('.'))

function wordsFit(pattern: readonly string[], at: number, name: readonly string[], from: number): boolean {
  if (at === pattern.length) return from === name.length
  if (pattern[at] === '#') {
    for (let rest = from; rest <= name.length; rest++) if (wordsFit(pattern, at + 1, name, rest)) return true
    return false
  }
  if (from === name.length || (pattern[at] !== '*' && pattern[at] !== name[from])) return false
  return wordsFit(pattern, at + 1, name, from + 1)
}
