/** Classes confirm and tx: the two modes a channel may be in, and never both. */
import { ReplyCode } from '../wire/amqp/constants.ts'
import type { Channel } from './channel.ts'
import { Confirms, REFUSED } from './confirms.ts'
import type { Handlers } from './handlers.ts'
import { resolve, send } from './publish.ts'
import { ProtocolError } from './reply.ts'
import { Transaction } from './transaction.ts'

export const modeHandlers: Handlers = {
  'confirm.select'(session, channel, { nowait }) {
    if (channel.transaction !== null) {
      throw new ProtocolError(ReplyCode.PRECONDITION_FAILED, 'cannot switch from tx to confirm mode')
    }
    channel.confirms ??= new Confirms()
    if (!nowait) session.send(channel.number, 'confirm.select-ok', {})
  },

  'tx.select'(session, channel) {
    if (channel.confirms !== null) {
      throw new ProtocolError(ReplyCode.PRECONDITION_FAILED, 'cannot switch from confirm to tx mode')
    }
    channel.transaction ??= new Transaction()
    session.send(channel.number, 'tx.select-ok', {})
  },

  'tx.commit'(session, channel) {
    const transaction = transactionOf(channel)
    transaction.arrive(session.broker.clock.now())
    const { publishes, settles } = transaction
    transaction.clear()
    // What can no longer be routed is refused before anything took effect.
    for (const { target } of publishes) resolve(channel, target)
    let refused = false
    let last = 0
    for (const { target, draft, keys } of publishes) {
      const number = send(channel, target, draft, keys)
      if (number === REFUSED) refused = true
      last = Math.max(last, number)
    }
    for (const { tag, outcome } of settles) channel.settlePending(tag, outcome)
    channel.wakeConsumers()
    if (refused) throw new ProtocolError(ReplyCode.PRECONDITION_FAILED, 'partial tx completion')
    session.answers.giveAfter(Math.max(last, session.broker.engine.seal()), channel.number, 'tx.commit-ok', {})
  },

  'tx.rollback'(session, channel) {
    const transaction = transactionOf(channel)
    for (const { tag } of transaction.settles) channel.unacked.restorePending(tag)
    transaction.clear()
    session.send(channel.number, 'tx.rollback-ok', {})
  },
}

function transactionOf(channel: Channel): Transaction {
  if (channel.transaction === null)
    throw new ProtocolError(ReplyCode.PRECONDITION_FAILED, 'channel is not transactional')
  return channel.transaction
}
