/**
 * Size, names and dead wood.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { brokerSources, clientSources, codeOf, filesUnder, importsOf, target } from './sources.ts'

const LINES_MAX = 600

/** Longer files, each with the reason why it is still one concept. */
const LONG: Record<string, string> = {}

const folders = ['broker/src', 'broker/test', 'client/src', 'client/test', 'scripts', 'bench', 'examples', 'interop']
const packages = [...brokerSources, ...clientSources]
/** What users import. */
const ENTRIES = /^(broker\/src\/index|client\/src\/(index|postgres\/index|telemetry\/opentelemetry))\.ts$/
const everything = folders.flatMap((folder) => filesUnder(folder, /\.(ts|mjs)$/))

describe('files', () => {
  it(`have at most ${LINES_MAX} lines`, () => {
    const long = everything
      .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
      .filter(({ path, lines }) => lines > LINES_MAX && !LONG[path])
      .map(({ path, lines }) => `${path}: ${lines}`)
    assert.deepEqual(long, [])
    for (const path of Object.keys(LONG))
      assert.ok(
        everything.some((source) => source.path === path),
        path,
      )
  })

  it('are named for a concept', () => {
    const vague = /(^|[/.-])(utils?|helpers?|common|managers?|misc)([/.-]|$)/
    assert.deepEqual(
      everything.map(({ path }) => path).filter((path) => vague.test(path)),
      [],
    )
  })

  it('of the packages open with what they are', () => {
    const silent = packages.filter(({ text }) => !/^(#!.*\n)?\s*\/[*/]/.test(text)).map(({ path }) => path)
    assert.deepEqual(silent, [])
  })
})

describe('exports', () => {
  it('of the packages are used by another file', () => {
    const used = new Set<string>()
    for (const source of everything) {
      for (const { names, specifier } of importsOf(source)) {
        for (const name of names) used.add(`${target(source, specifier)} ${name}`)
      }
    }
    const dead: string[] = []
    for (const { path, text } of packages) {
      if (ENTRIES.test(path) || used.has(`${path} *`)) continue
      for (const name of exportsOf(text)) if (!used.has(`${path} ${name}`)) dead.push(`${path}: ${name}`)
    }
    assert.ok(used.size > 50, `saw ${used.size} imports`)
    assert.deepEqual(dead, [])
  })
})

/**
 * A type may be exported without an importer: callers meet it as the type of a value and name it when they need to.
 */
function exportsOf(text: string): string[] {
  const form = /^export\s+(?:async\s+)?(?:const|let|function\*?|class|abstract class)\s+([\w$]+)/gm
  return [...codeOf(text).matchAll(form)].map((match) => match[1]!)
}
