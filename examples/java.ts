/** Programs in Java: what one needs is fetched by Maven and compiled once, into `.cache/examples`. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Missing } from './example.ts'

/**
 * @param folder with a pom.xml and the source of the program
 * @returns the command that starts the program; its arguments follow
 * @throws Missing
 */
export function javaCommand(folder: URL, program: string): string[] {
  const missing = ['java', 'javac', 'mvn'].filter((tool) => !isThere(tool))
  if (missing.length > 0) {
    throw new Missing(`${missing.join(', ')}; a JDK of version 17 or newer, and Maven, are needed`)
  }
  const here = fileURLToPath(folder)
  const cache = fileURLToPath(new URL(`../.cache/examples/${basename(here)}`, import.meta.url))
  const [pom, source] = [`${here}pom.xml`, `${here}${program}.java`]
  const stamp = `${cache}/compiled-from`
  const wanted = readFileSync(pom, 'utf8') + readFileSync(source, 'utf8')
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    mkdirSync(cache, { recursive: true })
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${cache}/lib`]
    run('mvn', ['--quiet', '--batch-mode', '--color=never', '--file', pom, ...copy])
    run('javac', ['-d', `${cache}/classes`, '-cp', `${cache}/lib/*`, source])
    writeFileSync(stamp, wanted)
  }
  const jvm = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xmx256m']
  return ['java', ...jvm, '-cp', `${cache}/lib/*:${cache}/classes`, program]
}

function isThere(tool: string): boolean {
  try {
    execFileSync(tool, ['-version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function run(command: string, args: string[]): void {
  console.log(`once: ${command}`)
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
}
