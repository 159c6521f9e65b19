/** Writes the pages that follow from the code. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configurationDoc } from './configuration-doc.ts'

writeFileSync(join(import.meta.dirname, '../docs/configuration.md'), configurationDoc())
