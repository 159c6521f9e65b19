/** Our own version, from the package's manifest: the same file seen from src/cli and from dist/cli. */
import { createRequire } from 'node:module'

const manifest: { version: string } = createRequire(import.meta.url)('../../package.json')

export const version = manifest.version
