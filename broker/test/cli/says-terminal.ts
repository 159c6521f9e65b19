/** Preloaded into a command: its pipes say that they are a terminal of 80 columns, whose colours Node judges as it does a real one's. */
import { WriteStream } from 'node:tty'

const { getColorDepth } = WriteStream.prototype

Object.assign(process.stdin, { isTTY: true })
for (const stream of [process.stdout, process.stderr])
  Object.assign(stream, { isTTY: true, columns: 80, getColorDepth })
