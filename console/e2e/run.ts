/** All tests of the console in a real Chromium, which is installed first on Debian where it lacks; `npm run test:console`. */
import { spawnSync } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { debianPackages } from '../../interop/install.ts'

const root = join(import.meta.dirname, '../..')
const chosen = process.argv.slice(2)

if (process.env.CHROMIUM === undefined && !existsSync('/usr/bin/chromium')) await debianPackages(['chromium'])
// Built once, before the files ask for it side by side.
spawnSync(process.execPath, [join(root, 'scripts/console-build.mjs')], { stdio: 'inherit' })
const files = globSync('console/e2e/*.test.ts', { cwd: root }).filter(
  (file) => chosen.length === 0 || chosen.some((name) => file.includes(name)),
)
// The time is for all tests of a file together, on a machine that does other things, too.
const flags = ['--import', './broker/test/compile-cache.js', '--test', '--test-concurrency=2', '--test-timeout=240000']
const { status } = spawnSync(process.execPath, [...flags, ...files], { cwd: root, stdio: 'inherit' })
process.exit(status ?? 1)
