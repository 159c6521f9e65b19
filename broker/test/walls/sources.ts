/**
 * The project's files as text, for the tests of its shape. Scanned, not parsed: comments and strings are blanked where
 * a test looks for names in code, and imports are read by their one fixed form, which the formatter guarantees.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'

export const root = join(import.meta.dirname, '../../..')

export interface Source {
  /** From the repository's root, with slashes. */
  readonly path: string
  readonly text: string
}

const SKIPPED = new Set(['node_modules', 'dist', '.cache', '.git', 'signalbox-data', 'data'])

/** All files under a folder whose name ends so. @throws if there is none: a test that looked at nothing proves nothing. */
export function filesUnder(folder: string, ending: RegExp): Source[] {
  const found: Source[] = []
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    const path = relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/')
    if (!entry.isFile() || !ending.test(path) || path.split('/').some((part) => SKIPPED.has(part))) continue
    found.push({ path, text: readFileSync(join(root, path), 'utf8') })
  }
  if (found.length === 0) throw new Error(`no file under ${folder} ends with ${ending}`)
  return found.sort((a, b) => (a.path < b.path ? -1 : 1))
}

export const brokerSources = filesUnder('broker/src', /\.ts$/)
export const clientSources = filesUnder('client/src', /\.ts$/)

/** The same text with comments, strings and plain template text replaced by spaces, line breaks kept. */
export function codeOf(text: string): string {
  const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g
  return text.replace(token, (match) => match.replace(/[^\n]/g, ' '))
}

export interface Import {
  readonly names: readonly string[]
  readonly specifier: string
  readonly line: number
}

/** Static and dynamic imports and re-exports of relative paths and packages. */
export function importsOf(source: Source): Import[] {
  const form =
    /^(?:import|export)\s+(?:type\s+)?([^'";]*?)\s*from\s+'([^']+)'|^import\s+'([^']+)'|import\('([^']+)'\)/gm
  const found: Import[] = []
  for (const match of source.text.matchAll(form)) {
    found.push({
      names: namesIn(match[1] ?? '*'),
      specifier: (match[2] ?? match[3] ?? match[4])!,
      line: source.text.slice(0, match.index).split('\n').length,
    })
  }
  return found
}

/** `{ a, type B, c as d }` is [a, B, c]; `* as x` and side effects are [*]; a default import is [default]. */
function namesIn(clause: string): string[] {
  const inner = /\{([^}]*)\}/.exec(clause)?.[1]
  if (inner === undefined) return [clause.trim().startsWith('*') ? '*' : 'default']
  return inner
    .split(',')
    .map(
      (name) =>
        name
          .trim()
          .replace(/^type\s+/, '')
          .split(/\s+as\s+/)[0]!,
    )
    .filter(Boolean)
}

/** Where a relative import leads, from the root; undefined for a package. */
export function target(source: Source, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return relative(root, join(root, source.path, '..', specifier)).replaceAll('\\', '/')
}
