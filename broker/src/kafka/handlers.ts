/** The APIs that are served, one line each: what is not here is not advertised either. */

import { addOffsetsToTxnHandler } from './add-offsets-to-txn.ts'
import { addPartitionsToTxnHandler } from './add-partitions-to-txn.ts'
import { apiVersionsHandler } from './api-versions.ts'
import { createAclsHandler } from './create-acls.ts'
import { deleteAclsHandler } from './delete-acls.ts'
import { describeAclsHandler } from './describe-acls.ts'
import { describeTransactionsHandler } from './describe-transactions.ts'
import { endTxnHandler } from './end-txn.ts'
import { fetchHandler } from './fetch.ts'
import type { Handler } from './handler.ts'
import { initProducerIdHandler } from './init-producer-id.ts'
import { listTransactionsHandler } from './list-transactions.ts'
import { produceHandler } from './produce.ts'
import { saslAuthenticateHandler } from './sasl-authenticate.ts'
import { saslHandshakeHandler } from './sasl-handshake.ts'
import { txnOffsetCommitHandler } from './txn-offset-commit.ts'
import { writeTxnMarkersHandler } from './write-txn-markers.ts'

export const HANDLERS: readonly Handler[] = [
  produceHandler,
  fetchHandler,
  apiVersionsHandler,
  saslHandshakeHandler,
  saslAuthenticateHandler,
  describeAclsHandler,
  createAclsHandler,
  deleteAclsHandler,
  initProducerIdHandler,
  addPartitionsToTxnHandler,
  addOffsetsToTxnHandler,
  endTxnHandler,
  txnOffsetCommitHandler,
  writeTxnMarkersHandler,
  describeTransactionsHandler,
  listTransactionsHandler,
]
