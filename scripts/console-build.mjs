/**
 * Builds the console into the broker's folder if its sources or its tools changed since it was last built, and does
 * nothing otherwise: what it was built of is kept as a hash beside it. Where the tools are not installed, as in an
 * installed package, it does nothing at all. Plain JavaScript, like the step it is part of.
 */
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const root = fileURLToPath(new URL('..', import.meta.url))
const sources = join(root, 'console')
const built = join(root, 'broker/console')
const HASH_FILE = 'built-of'
const ATTEMPTS = 10

/** Of all files that the build reads, and of the versions of everything it is built with. */
function sourcesHash() {
  const hash = createHash('sha256')
  const below = readdirSync(join(sources, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
  const own = ['index.html', 'vite.config.ts', 'package.json'].map((name) => join(sources, name))
  for (const file of [import.meta.filename, ...own, ...below].sort())
    hash.update(`${file.slice(root.length)}\0`).update(readFileSync(file))
  return hash.update(readFileSync(join(root, 'package-lock.json'))).digest('hex')
}

const builtOf = () => {
  const file = join(built, HASH_FILE)
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

/**
 * Brings `broker/console` up to the sources. Built aside and moved into place, so that a broker that runs meanwhile
 * serves the old one or the new one.
 */
async function buildConsole() {
  if (!existsSync(join(root, 'node_modules/vite/package.json'))) return
  const hash = sourcesHash()
  if (builtOf() === hash) return
  mkdirSync(join(root, '.cache'), { recursive: true })
  const aside = mkdtempSync(join(root, '.cache/console-'))
  try {
    process.env.SIGNALBOX_CONSOLE_OUT = aside
    const { build } = await import('vite')
    await build({ configFile: join(sources, 'vite.config.ts'), logLevel: 'warn' })
    for (const name of readdirSync(join(aside, 'assets'))) {
      const file = join(aside, 'assets', name)
      writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }))
    }
    writeFileSync(join(aside, HASH_FILE), hash)
    replace(aside, hash)
  } finally {
    rmSync(aside, { recursive: true, force: true })
  }
}

/** Another process may do the same at the same time: whoever comes last finds it done. */
function replace(aside, hash) {
  for (let attempt = 1; builtOf() !== hash; attempt++) {
    const away = mkdtempSync(join(root, '.cache/console-'))
    try {
      if (existsSync(built)) renameSync(built, join(away, 'old'))
      renameSync(aside, built)
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    } finally {
      rmSync(away, { recursive: true, force: true })
    }
  }
}

await buildConsole()
