/**
 * Makes the tarballs that users install, of the broker and of the client: JavaScript, type declarations, no dev
 * dependency. Node refuses `.ts` files under node_modules, so what is published is built, while in the workspace the
 * sources run as they are. The console is built as `npm start` builds it.
 * The manifest is written into a folder beside the build; the workspace's own keeps pointing at the sources.
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageNames } from './package-names.ts'

const root = join(import.meta.dirname, '..')

function run(command: string, args: string[], cwd = root): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed\n${stdout}${stderr}`)
  return stdout
}

/** Builds `PACKAGE/src` and packs it. @returns the tarball's path */
function packFrom(folder: 'broker' | 'client', finish: (stage: string) => object): string {
  const name = packageNames[folder]
  const stage = join(root, '.cache/pack', name)
  rmSync(stage, { recursive: true, force: true })
  mkdirSync(stage, { recursive: true })
  const project = folder === 'broker' ? 'tsconfig.build.json' : 'client/tsconfig.build.json'
  run(join(root, 'node_modules/.bin/tsc'), ['-p', project, '--outDir', join(stage, 'dist')])
  const { scripts: _, private: __, ...manifest } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const published = { ...manifest, name, exports: builtExports(manifest.exports), ...finish(stage) }
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(published, null, 2)}\n`)
  mkdirSync(join(root, 'dist'), { recursive: true })
  const printed = run('npm', ['pack', '--json', '--pack-destination', join(root, 'dist')], stage)
  const [{ filename }] = Object.values<{ filename: string }>(JSON.parse(printed))
  return join(root, 'dist', filename)
}

/** `./src/index.ts` is built as `./dist/index.js`, with its types beside it. */
function builtExports(sources: Readonly<Record<string, string>>): object {
  const built = Object.entries(sources).map(([path, source]) => {
    const stem = source.replace('./src/', './dist/').replace(/\.ts$/, '')
    return [path, { types: `${stem}.d.ts`, default: `${stem}.js` }]
  })
  return { ...Object.fromEntries(built), './package.json': './package.json' }
}

/** @returns the tarball's path */
export function packBroker(): string {
  return packFrom('broker', (stage) => {
    chmodSync(join(stage, 'dist/main.js'), 0o755)
    run(process.execPath, [join(root, 'scripts/console-build.mjs')])
    cpSync(join(root, 'broker/console'), join(stage, 'console'), { recursive: true })
    for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE']) cpSync(join(root, file), join(stage, file))
    return { bin: { [packageNames.broker]: 'dist/main.js' }, files: ['dist', 'console'] }
  })
}

/** @returns the tarball's path */
export function packClient(): string {
  return packFrom('client', (stage) => {
    cpSync(join(root, 'client/README.md'), join(stage, 'README.md'))
    cpSync(join(root, 'LICENSE'), join(stage, 'LICENSE'))
    return { files: ['dist'] }
  })
}

if (import.meta.main) for (const pack of [packBroker, packClient]) console.log(pack())
