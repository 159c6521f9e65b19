/** SaslHandshake: the client names the mechanism of its login. */
import { saslHandshake } from '../wire/kafka/messages/sasl-handshake.ts'
import { errorCode } from './error-codes.ts'
import { handler } from './handler.ts'
import { MECHANISMS } from './login.ts'

export const saslHandshakeHandler = handler(saslHandshake, ({ mechanism }, call) => {
  const { login } = call.session
  if (login === null) {
    call.respond({ errorCode: errorCode('illegal-sasl-state') })
  } else if (login.handshake(mechanism, call.version === 0)) {
    call.respond({ mechanisms: MECHANISMS })
  } else {
    call.respond({ errorCode: errorCode('unsupported-sasl-mechanism'), mechanisms: MECHANISMS })
    call.close(`SASL mechanism '${mechanism}' is not supported`)
  }
})
