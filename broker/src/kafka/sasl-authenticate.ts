/** SaslAuthenticate: one token of the login, and the answer to it. */
import { saslAuthenticate } from '../wire/kafka/messages/sasl-authenticate.ts'
import { errorCode } from './error-codes.ts'
import { handler } from './handler.ts'

export const saslAuthenticateHandler = handler(saslAuthenticate, ({ authBytes }, call) => {
  const { login } = call.session
  if (!login?.isWaitingForToken) {
    const errorMessage = 'SaslAuthenticate request received after successful authentication'
    call.respond({ errorCode: errorCode('illegal-sasl-state'), errorMessage })
    return
  }
  login.authenticate(authBytes, (step) => {
    if (step.kind === 'token') call.respond({ errorMessage: null, authBytes: step.token })
    else call.respond({ errorCode: errorCode('sasl-authentication-failed'), errorMessage: step.text })
  })
})
