/** A worker: turns orders into mails. Its mail server fails now and then, and its second argument makes it die in a mail. */
import { connect } from '@signalbox/client'
import { mails, orders } from './shop.ts'

const [diesOnce] = process.argv.slice(2)
const client = await connect({ url: process.env.AMQP_URL!, name: 'mailer' })
const jobs = mails(client)

// Of all mailers one gets each order, and asks for its mail.
await orders(client).subscribe(
  'order.*',
  ({ id, data }) => jobs.add('receipt', data, { messageId: id }).then(() => {}),
  {
    group: 'mailers',
    concurrency: 10,
  },
)
await jobs.process(
  'receipt',
  ({ id, data, attempt }) => {
    if (data.item === 'bomb') throw new Error('this address does not exist')
    if (diesOnce === 'dies' && attempt === 1) process.kill(process.pid, 'SIGKILL')
    if (attempt === 1 && id.charCodeAt(0) % 2 === 0) throw new Error('the mail server is busy')
    process.send!({ mailed: id })
  },
  { concurrency: 5 },
)
await jobs.process('digest', ({ headers }) => {
  process.send!({ digest: headers['x-scheduled-at'] })
})
process.send!('ready')
process.once('disconnect', () => client.close())
