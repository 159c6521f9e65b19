// The leader brings the assignments of a classic group, and each member gets its own.

import { array, bytes, int16, int32, string } from '../field.ts'
import { api } from '../schema.ts'

export const syncGroup = api({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string({ since: 3, nullable: 0, default: null }),
    protocolType: string({ since: 5, nullable: 0, default: null }),
    protocolName: string({ since: 5, nullable: 0, default: null }),
    assignments: array({
      memberId: string(),
      assignment: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32({ since: 1 }),
    errorCode: int16(),
    protocolType: string({ since: 5, nullable: 0, default: null }),
    protocolName: string({ since: 5, nullable: 0, default: null }),
    assignment: bytes(),
  },
})
