/** Orders come in, invoices go out: what is read, what is written, and how the one follows from the other. */

export const orders = { topic: 'examples.read-process-write.orders', numPartitions: 4 }
export const invoices = { topic: 'examples.read-process-write.invoices', numPartitions: 4 }
export const groupId = 'examples.read-process-write.billing'
/** Whoever comes up with this name ends what the one before it had begun. */
export const transactionalId = 'examples.read-process-write.billing'

export const orderOf = (number: number): string => `order ${number}: ${1 + ((number * 7919) % 500)} loaves`

export function invoiceOf(order: string): string {
  const [, number, loaves] = /^order (\d+): (\d+) loaves$/.exec(order)!
  return `invoice ${number}: ${Number(loaves) * 250} cents`
}
