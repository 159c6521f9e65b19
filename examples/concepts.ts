/**
 * Runs every js block of docs/concepts.md as it stands there, each in a process of its own against the broker, and
 * compares what it prints with the text block below it, line by line; or in any order, where the block says so.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { example } from './example.ts'

const page = readFileSync(new URL('../docs/concepts.md', import.meta.url), 'utf8')
const root = fileURLToPath(new URL('..', import.meta.url)) // where amqplib and kafkajs are found
const timeLimitMs = 20_000

await example('concepts', async ({ amqpUrl, kafkaBroker }, prove) => {
  for (const section of page.split(/^##+ /m)) {
    const heading = section.slice(0, section.indexOf('\n'))
    const programs = [...section.matchAll(/^```js\n(.*?)^```$/gms)]
    const outputs = [...section.matchAll(/^```text( in any order)?\n(.*?)^```$/gms)]
    if (programs.length !== outputs.length) throw new Error(`"${heading}": each js block needs a text block`)

    for (const [i, [, inAnyOrder, told]] of outputs.entries()) {
      const printed = await run(programs[i][1], { AMQP_URL: amqpUrl, KAFKA_BROKER: kafkaBroker })
      const isAsTold = inAnyOrder ? sorted(printed) === sorted(told) : printed === told
      prove(`"${heading}" runs and prints what the page says`, isAsTold)
      if (!isAsTold) console.log(`--- the page says:\n${told}--- it printed:\n${printed}---`)
    }
  }
})

/** Runs a module; returns what it printed, and how it failed if it did. */
async function run(code: string, addresses: Record<string, string>): Promise<string> {
  const options = { cwd: root, env: { ...process.env, ...addresses }, timeout: timeLimitMs }
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], options)
    return stdout
  } catch (error) {
    const { stdout, stderr, killed } = error as { stdout: string; stderr: string; killed: boolean }
    return `${stdout}${stderr}${killed ? `still running after ${timeLimitMs} ms\n` : ''}`
  }
}

function sorted(lines: string): string {
  return lines.split('\n').sort().join('\n')
}
