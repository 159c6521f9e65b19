/** The APIs that are served, one line each: what is not here is not advertised either. */
import type { Handler } from './handler.ts'

export const HANDLERS: readonly Handler[] = []
