#!/usr/bin/env node
/**
 * The program `signalbox`. What must happen before any other module loads happens here: the compile cache, which
 * halves the time to the ready line, the size of the thread pool, which Node fixes at its first use (journal, segments,
 * reads and one password hash at a time must not wait for each other), and the heap's young generation, which V8 would
 * let grow to 34 MB and never shrink. Nothing is made per message that it would have to hold, so 2 MB do.
 */
import module from 'node:module'
import v8 from 'node:v8'

process.env.UV_THREADPOOL_SIZE ??= '8'
v8.setFlagsFromString('--semi-space-growth-factor=1')
module.enableCompileCache()
const { run } = await import('./cli/run.ts')
await run(process.argv, process.env)
