/** The Java part: what it needs is fetched by Maven and compiled once, into `.cache/examples`. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/examples/streams-word-count', import.meta.url))
const sources = ['pom.xml', 'WordCount.java']

/** The tools that are missing here. */
export function missingTools(): string[] {
  return ['java', 'javac', 'mvn'].filter((tool) => {
    try {
      execFileSync(tool, ['-version'], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
}

/** @returns the command that starts WordCount; its arguments follow. */
export function wordCountCommand(): string[] {
  const stamp = `${cache}/compiled-from`
  const wanted = sources.map((file) => readFileSync(here + file, 'utf8')).join('')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    mkdirSync(cache, { recursive: true })
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${cache}/lib`]
    run('mvn', ['--quiet', '--batch-mode', '--color=never', '--file', `${here}pom.xml`, ...copy])
    run('javac', ['-d', `${cache}/classes`, '-cp', `${cache}/lib/*`, `${here}WordCount.java`])
    writeFileSync(stamp, wanted)
  }
  const jvm = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m']
  return ['java', ...jvm, '-cp', `${cache}/lib/*:${cache}/classes`, 'WordCount']
}

function run(command: string, args: string[]): void {
  console.log(`once: ${command}`)
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
}
