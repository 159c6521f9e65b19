/** A relay on a thread that stands still as soon as it has something to publish. `workerData`: the database's URL. */
import { parentPort, workerData } from 'node:worker_threads'
import { Pool } from 'pg'
import { startRelay } from '../../client/src/postgres/index.ts'

const publish = (): never => {
  parentPort!.postMessage('hangs')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  throw new Error('nobody ends this wait')
}
await startRelay(new Pool({ connectionString: workerData }), { publish }, { confirmTimeoutMs: 100 })
