/**
 * A round-robin HTTP load balancer. Each worker has a pool of connections; the next request goes to the next worker in
 * turn whose pool is not full. When all pools are full there is nowhere to put a request: it is refused with 503.
 */
import { createServer, request as forward, type Server } from 'node:http'
import { poolSize } from './load.ts'

export function createBalancer(workerPorts: number[]): Server {
  const workers = workerPorts.map((port) => ({ port, busy: 0 }))
  let turn = 0

  function nextFree() {
    for (let tried = 0; tried < workers.length; tried++) {
      const worker = workers[turn++ % workers.length]
      if (worker.busy < poolSize) return worker
    }
    return undefined
  }

  return createServer((request, response) => {
    const worker = nextFree()
    if (!worker) {
      response.writeHead(503).end('all pools are full')
      return
    }
    worker.busy++
    response.once('close', () => worker.busy--)
    const { method, url } = request
    const forwarded = forward({ port: worker.port, host: '127.0.0.1', method, path: url }, (answer) => {
      response.writeHead(answer.statusCode!)
      answer.pipe(response)
    })
    forwarded.once('error', () => response.writeHead(502).end('the worker is gone'))
    request.pipe(forwarded)
  })
}
