/** Runs a command line tool against the broker, and fails with its words when it does. */
import { run } from '../../command.ts'

export interface Tool {
  /** Lines of stdout and stderr. @throws if it ends with another code than 0 */
  (...words: string[]): Promise<string[]>
  /** The same, for what must be refused: the words it was refused with. @throws if it was not */
  refused(...words: string[]): Promise<string>
}

const SECONDS = 30

export function tool(command: readonly string[]): Tool {
  const call = async (words: string[]) => {
    const { code, lines, timedOut } = await run([...command, ...words], { seconds: SECONDS })
    if (timedOut) throw new Error(`${words.join(' ')}: no end within ${SECONDS} s`)
    return { code, lines }
  }
  const succeed = async (...words: string[]) => {
    const { code, lines } = await call(words)
    if (code !== 0) throw new Error(`${words.join(' ')}: ended with ${code}: ${lines.slice(-4).join(' | ')}`)
    return lines
  }
  const refused = async (...words: string[]) => {
    const { code, lines } = await call(words)
    if (code === 0) throw new Error(`${words.join(' ')}: was not refused`)
    return lines.join(' ')
  }
  return Object.assign(succeed, { refused })
}

/** The broker's two addresses, as each program here is given them. */
export function addresses(): { http: URL; amqp: string } {
  const [http, amqp] = process.argv.slice(2)
  if (http === undefined || amqp === undefined) {
    throw new Error('usage: node PROGRAM.ts http://user:password@host:port amqp://user:password@host:port/vhost')
  }
  return { http: new URL(http), amqp }
}

/** @throws if `seen` lacks one of the parts */
export function expectWords(what: string, seen: string, ...parts: string[]): void {
  for (const part of parts) if (!seen.includes(part)) throw new Error(`${what}: no “${part}” in: ${seen.slice(0, 300)}`)
}
