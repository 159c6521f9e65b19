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
  const words = name.split('.')
  return patterns.some((pattern) => wordsFit(pattern.split('.'), 0, words, 0))
}

function wordsFit(pattern: readonly string[], at: number, name: readonly string[], from: number): boolean {
  for (let word = from; at < pattern.length; at++, word++) {
    if (pattern[at] === '#') {
      for (let rest = word; rest <= name.length; rest++) if (wordsFit(pattern, at + 1, name, rest)) return true
      return false
    }
    if (word >= name.length || (pattern[at] !== '*' && pattern[at] !== name[word])) return false
    if (at === pattern.length - 1) return word === name.length - 1
  }
  return from === name.length
}
