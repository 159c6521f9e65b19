// A transaction is going to commit offsets of a group. From transactions of the second kind on (KIP-890) clients leave
// it out.

import { int16, int32, int64, string } from '../field.ts'
import { api } from '../schema.ts'

export const addOffsetsToTxn = api({
  key: 25,
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  flexibleFrom: 3,
  request: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    groupId: string(),
  },
  response: {
    throttleTimeMs: int32(),
    errorCode: int16(),
  },
})
