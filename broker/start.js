#!/usr/bin/env node
/**
 * `npm start`, and `npx signalbox` in a clone: the program from its sources. Plain JavaScript, because Node loads what
 * strips types, 11 MB and a tenth of a second, for the first TypeScript that no compile cache answers for, and only
 * JavaScript can enable the cache before.
 */
import module from 'node:module'
import v8 from 'node:v8'

// As in src/main.ts, which comes too late for what loading it leaves behind.
v8.setFlagsFromString('--semi-space-growth-factor=1')
module.enableCompileCache()
await import('./src/main.ts')
