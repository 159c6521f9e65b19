/** What is known of one transactional id: its producer, and the transaction that is open or was decided last. */
export type TransactionStatus =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'

export interface Transaction {
  readonly transactionalId: string
  status: TransactionStatus
  producerId: number
  producerEpoch: number
}
