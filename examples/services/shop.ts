/** What the services of the shop agree on: names, data, and how often to try again. Each process imports this. */
import type { Client } from '@signalbox/client'
import { z } from 'zod'

export const prices = (client: Client) =>
  client.service('examples.prices', {
    methods: { price: { args: z.object({ item: z.string() }), result: z.number() } },
  })

export const orders = (client: Client) =>
  client.topic('examples.shop.orders', {
    events: { 'order.placed': z.object({ item: z.string(), cents: z.number() }) },
  })

export const mails = (client: Client) =>
  client.queue('examples.mails', {
    jobs: { receipt: z.object({ item: z.string(), cents: z.number() }), digest: z.object({ of: z.string() }) },
    retry: { attempts: 4, backoff: 'exponential', minMs: 50 },
  })

export const sales = (client: Client) => client.broadcast('examples.sales')
