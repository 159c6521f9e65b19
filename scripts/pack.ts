/**
 * Makes the tarball that users install: JavaScript, type declarations, no dev dependency. Node refuses `.ts` files
 * under node_modules, so what is published is built, while in the workspace the sources run as they are.
 * The console is built as `npm start` builds it.
 * The manifest is written into a folder beside the build; the workspace's own keeps pointing at the sources.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageNames } from './package-names.ts'

const root = join(import.meta.dirname, '..')
const stage = join(root, '.cache/pack', packageNames.broker)

function run(command: string, args: string[], cwd = root): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed\n${stdout}${stderr}`)
  return stdout
}

function stageManifest(): void {
  const { scripts: _, ...manifest } = JSON.parse(readFileSync(join(root, 'broker/package.json'), 'utf8'))
  const published = {
    ...manifest,
    name: packageNames.broker,
    bin: { [packageNames.broker]: 'dist/main.js' },
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
    files: ['dist', 'console'],
  }
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
}

/** Builds, packs, and returns the tarball's path. */
export function pack(): string {
  rmSync(stage, { recursive: true, force: true })
  mkdirSync(stage, { recursive: true })
  run(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', join(stage, 'dist')])
  chmodSync(join(stage, 'dist/main.js'), 0o755)
  run(process.execPath, [join(root, 'scripts/console-build.mjs')])
  cpSync(join(root, 'broker/console'), join(stage, 'console'), { recursive: true })
  stageManifest()
  for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE']) cpSync(join(root, file), join(stage, file))
  mkdirSync(join(root, 'dist'), { recursive: true })
  const printed = run('npm', ['pack', '--json', '--pack-destination', join(root, 'dist')], stage)
  const [{ filename }] = Object.values<{ filename: string }>(JSON.parse(printed))
  return join(root, 'dist', filename)
}

if (import.meta.main) console.log(pack())
