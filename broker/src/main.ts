#!/usr/bin/env node
/**
 * The program `signalbox`. What must happen before any other module loads happens here: the compile cache, which
 * halves the time to the ready line, and the size of the thread pool, which Node fixes at its first use
 * (journal, segments, reads and one password hash at a time must not wait for each other).
 */
import module from 'node:module'

process.env.UV_THREADPOOL_SIZE ??= '8'
module.enableCompileCache()
const { run } = await import('./cli/run.ts')
await run(process.argv, process.env)
