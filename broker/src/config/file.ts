/**
 * The config file: YAML, one key per setting. All scalars are read as the text that stands there (YAML's failsafe
 * schema), so a password `0123` or `no` stays what was typed; the settings' own types make numbers of it.
 * Every mistake is told as file:line:column.
 */
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml'
import { didYouMean } from './did-you-mean.ts'
import { fileKeys, type Layer, SettingsError } from './layer.ts'

/** @param file what to call it in a message. @throws SettingsError */
export function fromYaml(text: string, file: string): Layer {
  const lines = new LineCounter()
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false })
  const at = (position: number): string => {
    const { line, col } = lines.linePos(position)
    return `${file}:${line}:${col}`
  }
  const mistakes = document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`)
  if (mistakes.length) throw new SettingsError(mistakes)
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === '')) return {}
  if (!isMap(document.contents)) throw new SettingsError([`${file}: the file must be a map of settings, one per line`])

  const layer: Layer = {}
  for (const { key, value } of document.contents.items) {
    const called = isScalar(key) ? String(key.value) : 'a key'
    const keyPlace = isNode(key) ? at(key.range![0]) : file
    const name = fileKeys.get(called)
    if (!name) {
      mistakes.push(`${called} at ${keyPlace} is no setting${didYouMean(called, [...fileKeys.keys()])}`)
      continue
    }
    const placeOf = (path: readonly PropertyKey[]): string => {
      for (let depth = path.length; depth >= 0; depth--) {
        const node = document.getIn([called, ...path.slice(0, depth)], true)
        if (isNode(node) && node.range) return at(node.range[0])
      }
      return keyPlace
    }
    layer[name] = { value: isNode(value) ? value.toJS(document) : value, called, placeOf }
  }
  if (mistakes.length) throw new SettingsError(mistakes)
  return layer
}
