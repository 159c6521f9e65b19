/**
 * Processes that an example starts and stops: workers and services. Each reports 'ready' once it can take work, and
 * ends by itself when its parent hangs up, so that none outlives the example.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** Starts `file` as a process; resolves when it has reported that it is ready, with what it reported. */
export async function startChild(file: URL, args: unknown[], amqpUrl?: string): Promise<[ChildProcess, unknown]> {
  const child = fork(file, args.map(String), amqpUrl ? { env: { ...process.env, AMQP_URL: amqpUrl } } : {})
  const died = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`${file.pathname} ended before it was ready (${code ?? signal})`)
  })
  const [report] = await Promise.race([once(child, 'message'), died])
  return [child, report]
}

/** Hangs up on a process and waits until it has finished what it was doing; rejects if it ended in an error. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.connected) {
    const exited = once(child, 'exit')
    child.disconnect()
    await exited
  }
  if (child.exitCode !== 0) throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${child.exitCode}`)
}

/** Ends a process at once, in the middle of whatever it is doing: nothing in it can react to SIGKILL. */
export async function killChild(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}
