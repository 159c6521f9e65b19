// Calls of every address of the HTTP port, see http-calls.ts.
// usage: node broker/test/fuzz/http.ts [seconds = 10] [seed]

import { HttpFuzz } from './http-calls.ts'

const seconds = Number(process.argv[2] ?? 10)
const seed = Number(process.argv[3] ?? Date.now() % 0x7fffffff)
const until = performance.now() + seconds * 1000
const fuzz = await HttpFuzz.open(seed)
try {
  while (performance.now() < until) await fuzz.step()
  await fuzz.close()
} catch (error) {
  console.error(`seed ${seed}, call ${fuzz.calls}`)
  throw error
}
const statuses = [...fuzz.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`)
console.log(`http: ${fuzz.calls} calls (${statuses.join(', ')}), seed ${seed}`)
