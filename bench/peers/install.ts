/**
 * Brings what the bench compares with: RabbitMQ from the system's packages, a newer RabbitMQ in a folder of a newer
 * Debian, RabbitMQ's own load tool, and Apache Kafka with its tools. Each step is skipped when its result is there; a step that cannot be done
 * answers with the reason, which is printed beside the numbers.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rabbitmqServer } from './rabbitmq.ts'

const newerDebian = 'trixie'
const perfTestVersion = '2.22.1'
/** The newest whose broker and tools are all published. */
export const kafkaVersion = '4.3.1'
const bullmqVersion = '6.7.0'
const stepTimeoutMs = 600_000
const policy = '/usr/sbin/policy-rc.d'

export type Installed = { path: string } | { missing: string }

const isRoot = process.getuid?.() === 0

function run(command: string, args: string[], cwd?: string): void {
  console.log(`installing: ${command} ${args.join(' ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'], timeout: stepTimeoutMs, cwd, env })
}

function attempt(what: string, install: () => string): Installed {
  try {
    return { path: install() }
  } catch (error) {
    return {
      missing: `${what} could not be had here: ${error instanceof Error ? error.message.split('\n')[0] : error}`,
    }
  }
}

/** A package may start its service when installed; this file says no while it is there. */
function aptInstall(...packages: string[]): void {
  if (!isRoot) throw new Error(`needs root to install ${packages.join(' ')}`)
  const guard = !existsSync(policy)
  if (guard) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', 'update'])
    run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', ...packages])
  } finally {
    if (guard) rmSync(policy)
  }
}

function found(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)))
}

export function installRabbitmq(): Installed {
  return attempt('RabbitMQ', () => {
    if (!existsSync(rabbitmqServer)) aptInstall('rabbitmq-server')
    return rabbitmqServer
  })
}

export function installRedis(): Installed {
  return attempt('Redis', () => {
    if (!found('redis-server')) aptInstall('redis-server')
    return 'redis-server'
  })
}

/** A folder with BullMQ and what it needs. */
export function installBullmq(cache: string): Installed {
  return attempt('BullMQ', () => {
    const folder = join(cache, `bullmq-${bullmqVersion}`)
    if (existsSync(join(folder, 'node_modules/bullmq'))) return folder
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', `bullmq@${bullmqVersion}`, 'ioredis'], folder)
    return folder
  })
}

/** A folder with the newer Debian; made under another name first, so that a half-made one is not taken for whole. */
export function installNewerRabbitmq(cache: string): Installed {
  return attempt('RabbitMQ 4', () => {
    const root = join(cache, `debian-${newerDebian}`)
    if (!isRoot) throw new Error('needs root for chroot')
    if (existsSync(root)) return root
    if (!found('debootstrap')) aptInstall('debootstrap')
    const half = `${root}-half`
    rmSync(half, { recursive: true, force: true })
    run('debootstrap', ['--variant=minbase', '--include=rabbitmq-server', newerDebian, half])
    renameSync(half, root)
    return root
  })
}

/** A folder with PerfTest's jars. */
export function installPerfTest(cache: string): Installed {
  return attempt('PerfTest', () =>
    jars(join(cache, `perf-test-${perfTestVersion}`, 'lib'), [`com.rabbitmq:perf-test:${perfTestVersion}`]),
  )
}

/** Where `installKafka` puts what it brings. */
export const kafkaLib = (cache: string) => join(cache, `apache-kafka-${kafkaVersion}`, 'lib')

/** The jars of Apache Kafka: the broker, its clients and tools, Streams and Connect. */
export function installKafka(cache: string): Installed {
  const ofKafka = ['kafka_2.13', 'kafka-tools', 'kafka-streams', 'connect-runtime', 'connect-file', 'connect-mirror']
  return attempt('Apache Kafka', () =>
    jars(kafkaLib(cache), [
      ...ofKafka.map((name) => `org.apache.kafka:${name}:${kafkaVersion}`),
      'org.apache.logging.log4j:log4j-slf4j-impl:2.25.4',
    ]),
  )
}

/**
 * The artifacts with all they depend on, and the list of them; made under another name first, so that a half-made folder
 * is not taken for whole. One with other artifacts gives way.
 */
function jars(whole: string, artifacts: string[]): string {
  if (!found('java')) aptInstall('default-jdk-headless')
  const [list, half] = [pom(artifacts), join(dirname(whole), 'half')]
  const listed = join(whole, 'pom.xml')
  if (existsSync(listed) && readFileSync(listed, 'utf8') === list) return whole
  if (!found('mvn')) aptInstall('maven')
  rmSync(half, { recursive: true, force: true })
  mkdirSync(half, { recursive: true })
  writeFileSync(join(half, 'pom.xml'), list)
  run('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=.'], half)
  rmSync(whole, { recursive: true, force: true })
  renameSync(half, whole)
  return whole
}

function pom(artifacts: string[]): string {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':')
    return `    <dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`
  })
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>bench</groupId><artifactId>bench</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
${dependencies.join('\n')}
  </dependencies>
</project>
`
}
