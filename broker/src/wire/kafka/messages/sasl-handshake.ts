// Chooses a SASL mechanism. Version 0 is followed by bare tokens instead of SaslAuthenticate. Never became flexible.

import { array, int16, string } from '../field.ts'
import { api } from '../schema.ts'

export const saslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  versions: [0, 1],
  request: {
    mechanism: string(),
  },
  response: {
    errorCode: int16(),
    mechanisms: array(string()),
  },
})
