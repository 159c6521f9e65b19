/** Writes the pages that follow from the code, and those of numbers from the newest runs of the bench. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withCommands } from './command-line-doc.ts'
import { configurationDoc } from './configuration-doc.ts'
import { withChoice, withNumbers } from './numbers-table.ts'

const root = join(import.meta.dirname, '..')
const readme = join(root, 'README.md')

writeFileSync(join(root, 'docs/configuration.md'), configurationDoc())
const commandLine = join(root, 'docs/command-line.md')
writeFileSync(commandLine, await withCommands(readFileSync(commandLine, 'utf8')))
const performance = join(root, 'docs/performance.md')
const numbers = withNumbers(readFileSync(performance, 'utf8'), 'newest')
writeFileSync(performance, numbers)
writeFileSync(readme, withChoice(readFileSync(readme, 'utf8'), numbers))

const reference = join(root, 'scripts/reference')
execFileSync(join(reference, 'node_modules/.bin/typedoc'), [], { cwd: reference, stdio: 'inherit' })
