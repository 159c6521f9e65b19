/** A command run to its end, with what it reads and what it wrote. */
import { spawn } from 'node:child_process'

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** A program that cannot be started rejects. */
export function runTool(command: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const [program, ...rest] = command
    const child = spawn(program!, rest, { stdio: ['pipe', 'pipe', 'pipe'] })
    const endWithUs = () => child.kill('SIGKILL')
    process.on('exit', endWithUs)
    let out = ''
    let err = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text
    })
    child.stdin.on('error', () => undefined).end(input)
    child.on('error', reject)
    child.on('close', (code) => {
      process.off('exit', endWithUs)
      resolve({ code, out, err })
    })
  })
}
