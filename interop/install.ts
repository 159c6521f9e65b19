/**
 * What the clients lack on this machine, fetched by each language's own package manager: Python packages into a venv,
 * Java libraries and everything compiled into `.cache/interop/`, Debian packages system-wide. What is there already
 * for the same inputs is not made again.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { installKafka, kafkaLib } from '../bench/peers/install.ts'
import { run } from './command.ts'

const root = new URL('../', import.meta.url).pathname
const SECONDS = 400

/** Where installed and compiled things are kept between runs. */
export const cache = `${root}.cache/interop`
/** The folder of the client programs. */
export const here = `${root}interop`
/** The interpreters of the venvs. */
export const python = `${cache}/python/bin/python`
export const kafkaPython = `${cache}/kafka-python/bin/python`
/** Where the programs of Python packages for Kafka are. */
export const kafkaVenv = `${cache}/kafka-python/bin`

export const installPython = () => installVenv('python', `${here}/python/requirements.txt`)

export const installKafkaPython = () => installVenv('kafka-python', `${here}/kafka/python/requirements.txt`)

export async function installVenv(name: string, requirements: string): Promise<void> {
  await onceFor(name, [requirements], async () => {
    await must(['python3', '-m', 'venv', '--clear', `${cache}/${name}`])
    await must([`${cache}/${name}/bin/python`, '-m', 'pip', 'install', '--quiet', '--requirement', requirements])
  })
}

export async function installJava(): Promise<void> {
  await onceFor('java-lib', [`${here}/java/pom.xml`], () => {
    const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${cache}/java/lib`]
    return must(['mvn', '--quiet', '--batch-mode', '--file', `${here}/java/pom.xml`, ...goal])
  })
  await onceFor('java', [`${here}/java/pom.xml`, `${here}/java/Interop.java`], () =>
    must(['javac', '-d', `${cache}/java/classes`, '-cp', `${cache}/java/lib/*`, `${here}/java/Interop.java`]),
  )
}

export async function installGo(): Promise<void> {
  await must(['go', 'build', '-C', `${here}/go`, '-o', `${cache}/go/interop`, '.'])
}

/** The jars of Apache Kafka's broker, clients, tools, Streams and Connect. @throws if they cannot be had. */
export function kafkaJars(): string {
  const installed = installKafka(`${root}.cache`)
  if ('missing' in installed) throw new Error(installed.missing)
  return installed.path
}

/** The class path of Kafka's tools and of the programs written for its Java clients. */
export const kafkaClasses = `${kafkaLib(`${root}.cache`)}/*:${cache}/kafka-java`

export async function installKafkaJava(): Promise<void> {
  const [jars, sources] = [kafkaJars(), `${here}/kafka/java`]
  const files = (await readdir(sources)).map((file) => `${sources}/${file}`)
  await onceFor('kafka-java', files, () =>
    must(['javac', '-d', `${cache}/kafka-java`, '-cp', `${jars}/*`, '-Xlint:-options', ...files]),
  )
}

export async function installKafkaGo(): Promise<void> {
  for (const name of ['franz-go', 'sarama']) {
    await must(['go', 'build', '-C', `${here}/kafka/go`, '-o', `${cache}/kafka-go/${name}`, `./${name}`])
  }
}

export const installKcat = () => debianPackages(['kcat'])

export const installPrometheus = () => debianPackages(['prometheus'])

export async function installAmqpTools(): Promise<void> {
  await debianPackages(['amqp-tools'])
}

export async function installLibrabbitmq(): Promise<void> {
  await debianPackages(['librabbitmq-dev'])
  await onceFor('c', [`${here}/c/librabbitmq.c`], async () => {
    await mkdir(`${cache}/c`, { recursive: true })
    const flags = ['-std=c11', '-D_DEFAULT_SOURCE', '-O1', '-Wall', '-Wextra', '-Werror']
    await must(['gcc', ...flags, '-o', `${cache}/c/librabbitmq`, `${here}/c/librabbitmq.c`, '-lrabbitmq'])
  })
}

let listsAreFresh = false

export async function debianPackages(names: string[]): Promise<void> {
  const present = await run(['dpkg', '--status', ...names], { seconds: 20 })
  if (present.code === 0) return
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const options = ['-qq', '-o', 'DPkg::Lock::Timeout=120']
  if (!listsAreFresh) await must(['apt-get', ...options, 'update'], env)
  listsAreFresh = true
  await must(['apt-get', ...options, 'install', '--yes', '--no-install-recommends', ...names], env)
}

/** Does `work` unless it was done before for the same contents of `inputs`. */
export async function onceFor(name: string, inputs: string[], work: () => Promise<void>): Promise<void> {
  const hash = createHash('sha256')
  for (const input of inputs) hash.update(await readFile(input))
  const [stamp, wanted] = [`${cache}/${name}.stamp`, hash.digest('hex')]
  const found = await readFile(stamp, 'utf8').catch(() => '')
  if (found === wanted) return
  await work()
  await mkdir(cache, { recursive: true })
  await writeFile(stamp, wanted)
}

export async function must(command: string[], env: Record<string, string> = {}, seconds = SECONDS): Promise<void> {
  console.log(`  installing: ${command.join(' ').replaceAll(root, '')}`)
  const { code, lines, timedOut } = await run(command, { seconds, env })
  if (code === 0) return
  const how = timedOut ? `did not end within ${seconds} s` : `exited with ${code}`
  throw new Error(`${command[0]} ${how}: ${lines.slice(-5).join(' | ')}`)
}
