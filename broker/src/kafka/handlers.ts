/** The APIs that are served, one line each: what is not here is not advertised either. */
import { apiVersionsHandler } from './api-versions.ts'
import { createAclsHandler } from './create-acls.ts'
import { deleteAclsHandler } from './delete-acls.ts'
import { describeAclsHandler } from './describe-acls.ts'
import type { Handler } from './handler.ts'
import { saslAuthenticateHandler } from './sasl-authenticate.ts'
import { saslHandshakeHandler } from './sasl-handshake.ts'

export const HANDLERS: readonly Handler[] = [
  apiVersionsHandler,
  saslHandshakeHandler,
  saslAuthenticateHandler,
  describeAclsHandler,
  createAclsHandler,
  deleteAclsHandler,
]
