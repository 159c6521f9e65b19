/** Six seconds of progress, for a test to look at; `unknown` without a total. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Progress } from '../../src/cli/progress.ts'

const progress = new Progress('moving', 'messages', process.argv[2] === 'unknown' ? null : 60)
for (let done = 0; done < 60; done += 2) {
  progress.add(2)
  await sleep(200)
}
progress.stop()
console.log('moved')
