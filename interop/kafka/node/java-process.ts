/** A long-running program of Kafka's own, with its settings in a file. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { kafkaClasses } from '../../install.ts'

const WORDS_MAX = 1000

export interface JavaProcess {
  readonly exitCode: number | null
  /** The last that it said, and how it ended if it did. */
  words(): string
  stop(): Promise<void>
}

/** @param file where its settings are written to */
export function startJava(mainClass: string, file: string, settings: Readonly<Record<string, string>>): JavaProcess {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(file, lines.join(''))
  const jvm = ['-XX:TieredStopAtLevel=1', '-Xmx512m', '-cp', kafkaClasses]
  const child = spawn('java', [...jvm, mainClass, file], { stdio: ['ignore', 'pipe', 'pipe'] })
  const endWithUs = () => child.kill('SIGKILL')
  process.on('exit', endWithUs)
  let words = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      words = (words + chunk).slice(-WORDS_MAX)
    })
  }
  return {
    get exitCode() {
      return child.exitCode
    },
    words: () => `${child.exitCode === null ? '' : `${mainClass} ended with ${child.exitCode}; `}${words}`,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      process.off('exit', endWithUs)
    },
  }
}
