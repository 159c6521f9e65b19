/** Batches as producers send them, for tests of partitions' logs. */
import { BatchBuilder } from '../../../src/record/batch-builder.ts'
