/**
 * The documents name only what is there: links, scripts, source folders, tests.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { packageNames } from '../../../scripts/package-names.ts'
import { brokerSources, filesUnder, root } from './sources.ts'

const atRoot = readdirSync(root).filter((name) => name.endsWith('.md'))
const documents = [
  ...atRoot.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') })),
  ...['docs', 'packaging', 'client', 'console'].flatMap((folder) => filesUnder(folder, /\.md$/)),
]
const manifest = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))

describe('documents', () => {
  it('link to files that exist', () => {
    const broken = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\(([^)#\s]+)(#[^)\s]*)?\)/g)]
        .map((match) => match[1]!)
        .filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(root, dirname(path), link)))
        .map((link) => `${path}: ${link}`),
    )
    assert.deepEqual(broken, [])
  })

  it('name npm scripts that exist', () => {
    const scripts = new Set(Object.keys(manifest('package.json').scripts))
    const unknown = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)]
        .map((match) => (match[1] ?? match[2])!)
        .filter((name) => !scripts.has(name))
        .map((name) => `${path}: npm run ${name}`),
    )
    assert.deepEqual(unknown, [])
  })

  it('name paths in the repository that exist', () => {
    const BUILT = 'broker/console/'
    const path = /`((?:broker|bench|docs|examples|interop|packaging|scripts|client|console)\/[\w./-]+)`/g
    const unknown = documents.flatMap((document) =>
      [...document.text.matchAll(path)]
        .map((match) => match[1]!)
        .filter((named) => !existsSync(join(root, named)) && !`${named}/`.startsWith(BUILT))
        .map((named) => `${document.path}: ${named}`),
    )
    assert.deepEqual(unknown, [])
  })

  it('draw every room of the broker in docs/ARCHITECTURE.md', () => {
    const map = readFileSync(join(root, 'docs/ARCHITECTURE.md'), 'utf8')
    const rooms = new Set(brokerSources.map(({ path }) => path.split('/')[2]!))
    assert.deepEqual(
      [...rooms].filter((room) => !map.includes(`\`${room}`)),
      [],
    )
  })
})

describe('package names', () => {
  it('are those of the workspaces', () => {
    assert.equal(manifest('broker/package.json').name, packageNames.broker)
    assert.equal(manifest('client/package.json').name, packageNames.client)
  })

  it('depend on nothing without a line of reason', () => {
    const record = readFileSync(join(root, 'docs/decisions/0001-runtime-dependencies.md'), 'utf8')
    const unexplained = ['broker/package.json', 'client/package.json'].flatMap((path) => {
      const { dependencies, peerDependencies = {} } = manifest(path)
      return Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !record.includes(`\`${name}\``))
    })
    assert.deepEqual(unexplained, [])
  })
})
