/** Writes the pages that follow from the code, and the README's numbers from the newest run of the bench. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configurationDoc } from './configuration-doc.ts'
import { withNumbers } from './numbers-table.ts'

const root = join(import.meta.dirname, '..')
const readme = join(root, 'README.md')

writeFileSync(join(root, 'docs/configuration.md'), configurationDoc())
writeFileSync(readme, withNumbers(readFileSync(readme, 'utf8'), 'newest'))
