/**
 * Preloaded into a command: its pipes say that they are a terminal of 80 columns, or of SAYS_COLUMNS, whose colours Node
 * judges as it does a real one's.
 */
import { WriteStream } from 'node:tty'

const { getColorDepth } = WriteStream.prototype
const columns = Number(process.env.SAYS_COLUMNS ?? 80)

Object.assign(process.stdin, { isTTY: true })
for (const stream of [process.stdout, process.stderr]) Object.assign(stream, { isTTY: true, columns, getColorDepth })
