/** A service: tells what an item costs, half of it while there is a sale. */
import { connect } from '@signalbox/client'
import { prices, sales } from './shop.ts'

const list: Readonly<Record<string, number>> = { cup: 900, pot: 2400 }
let isSale = false

const client = await connect({ url: process.env.AMQP_URL!, name: 'prices' })
await sales(client).listen(() => {
  isSale = true
})
await prices(client).handle(
  'price',
  ({ item }) => {
    const cents = list[item]
    if (cents === undefined) throw new RangeError(`we have no ${item}`)
    return isSale ? cents / 2 : cents
  },
  { concurrency: 10 },
)
process.send!('ready')
process.once('disconnect', () => client.close())
