/** Every row, in the order of the table. */
import { durable, kib, small } from './flow.ts'
import type { Row } from './row.ts'

export const rows: Row[] = [small, kib, durable]
