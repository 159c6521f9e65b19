/** The management API under load: how fast a page comes, and what looking at pages costs the flow. */
import type { PagesJob } from '../load/pages.ts'
import { type Contender, jobFor, load, type Row, signalbox, withBroker } from './row.ts'

const unseen: Contender = { ...signalbox, label: 'signalbox-unseen' }

const QUEUES = 10_000
const PAGES_PER_SECOND = 5

const pagesRow = (name: string, title: string, messagesPerSecond: number | undefined): Row => ({
  name,
  title,
  durability: 'transient',
  contenders: [unseen, signalbox],
  shown: ['deliveredPerSecond', 'brokerCores', 'clientCores', 'pages', 'pageMsP50', 'pageMsP99', 'pageMsMost', 'rssMB'],
  goals: [{ metric: 'pageMsP99', atMost: 200 }],
  measure: (run, contender) =>
    withBroker(run, (broker) =>
      load<PagesJob>('pages', {
        ...jobFor(run, broker),
        http: broker.http!,
        queues: QUEUES,
        messagesPerSecond,
        pagesPerSecond: contender.label === unseen.label ? 0 : PAGES_PER_SECOND,
        bodyBytes: 1024,
      }),
    ),
})

export const pages = pagesRow(
  'pages',
  `${QUEUES} queues, 50,000 messages of 1 KiB a second through one of them; ${PAGES_PER_SECOND} pages of 100 queues a second, or none`,
  50_000,
)
export const pagesFull = pagesRow(
  'pages-full',
  `${QUEUES} queues, as many messages of 1 KiB as go through one of them; ${PAGES_PER_SECOND} pages of 100 queues a second, or none`,
  undefined,
)
