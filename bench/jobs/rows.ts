/** Jobs per second: this client on Signalbox, and BullMQ on Redis. */
import type { JobsJob } from '../load/jobs.ts'
import { type Contender, jobFor, load, type Row, signalbox, withBroker } from '../rows/row.ts'

const bullmq: Contender = {
  label: 'bullmq',
  peer: 'redis',
  queueArguments: {},
  durability: 'appendfsync everysec, the default: answers first, syncs each second',
}
const bullmqAlways: Contender = {
  label: 'bullmq-always',
  peer: 'redis-always',
  queueArguments: {},
  durability: 'appendfsync always: syncs before it answers',
}

const atLeast = 3

export const jobsRows: Row[] = [
  {
    name: 'jobs',
    title:
      'jobs with 200 B of data, handled by an empty handler: added 50 at a time, then in hundreds, then processed 50 at a ' +
      'time, then added and processed at once; one client process',
    durability: 'confirmed',
    contenders: [bullmq, bullmqAlways, signalbox],
    shown: ['addedPerSecond', 'addedManyPerSecond', 'processedPerSecond', 'bothPerSecond', 'brokerCores', 'rssMB'],
    goals: ['addedPerSecond', 'addedManyPerSecond', 'processedPerSecond', 'bothPerSecond'].flatMap((metric) => [
      { metric, against: 'bullmq-always', atLeast },
      { metric, against: 'bullmq', atLeast },
    ]),
    measure: (run) =>
      withBroker(run, (broker) =>
        load<JobsJob>('jobs', {
          ...jobFor(run, broker),
          library: run.name === 'signalbox' ? 'signalbox' : 'bullmq',
          bullmq: run.bullmq,
          jobs: run.options.jobs,
          concurrency: 50,
          bodyBytes: 200,
        }),
      ),
  },
]
