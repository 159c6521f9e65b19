/** `signalbox users`: who may log in, with which password and tags. Passwords go in and never come out, nor do their hashes. */
import { type Command, Option } from 'commander'
import { ApiError, address, type BrokerApi } from '../broker-api.ts'
import { CommandError } from '../command-error.ts'
import { defineList, without } from '../listing.ts'
import { fieldsOf, type Row } from '../rows.ts'
import { onBroker, type Session } from '../session.ts'
import { firstLine } from '../standard-input.ts'

const HIDDEN = ['password_hash', 'hashing_algorithm']
const FIELDS = ['name', 'tags', 'limits']

interface Secret {
  readonly newPassword?: string
  readonly passwordHash?: string
  readonly withoutPassword?: true
}

interface User {
  readonly tags: readonly string[]
  readonly password_hash: string
  readonly hashing_algorithm: string
}

export function define(command: Command): void {
  defineList(command, { of: 'users', columns: FIELDS, inVhosts: false, hidden: HIDDEN })
  const show = command.command('show <name>').description('Shows a user.')
  onBroker(show, async ({ api, out }, _: object, name: string) => {
    const row = without(await api.get<Row>(address`/api/users/${name}`), HIDDEN)
    out.show(row, fieldsOf(row, FIELDS))
  })
  defineCreate(command)
  defineSetPassword(command)
  defineSetTags(command)
  const remove = command.command('delete <name>').description('Deletes a user and its permissions.')
  onBroker(remove, async ({ api, out }, _: object, name: string) => {
    await api.delete(address`/api/users/${name}`)
    out.say(`user ${name} deleted`, { user: name, deleted: true })
  })
}

function withSecret(command: Command): Command {
  return command
    .addOption(new Option('--new-password <text>', 'the password; - reads it from stdin').conflicts('passwordHash'))
    .option('--password-hash <hash>', "a hash as RabbitMQ's definitions have it")
    .addOption(new Option('--without-password', 'nobody logs in by it').conflicts(['newPassword', 'passwordHash']))
}

function defineCreate(command: Command): void {
  const create = withSecret(command.command('create <name>').description('Makes a user.')).option(
    '--tags <tags>',
    'administrator, monitoring, policymaker or management, with commas',
    '',
  )
  onBroker(create, async ({ api, out }, options: Secret & { tags: string }, name: string) => {
    const tags = options.tags.split(',').filter((tag) => tag !== '')
    const secret = await secretOf(options, create)
    if (await existing(api, name)) throw new CommandError(`user ${name} is there already`)
    await api.put(address`/api/users/${name}`, { tags, ...secret })
    out.say(`user ${name} created`, { user: name, tags, created: true })
  })
}

function defineSetPassword(command: Command): void {
  const change = withSecret(command.command('set-password <name>').description('Gives a user another password.'))
  onBroker(change, async ({ api, out }, options: Secret, name: string) => {
    const secret = await secretOf(options, change)
    const { tags } = await api.get<User>(address`/api/users/${name}`)
    await api.put(address`/api/users/${name}`, { tags, ...secret })
    out.say(`password of user ${name} changed`, { user: name, changed: true })
  })
}

function defineSetTags(command: Command): void {
  const change = command.command('set-tags <name> [tags...]').description('Gives a user these tags and no others.')
  onBroker(change, async ({ api, out }: Session, _: object, name: string, tags: string[]) => {
    const { password_hash, hashing_algorithm } = await api.get<User>(address`/api/users/${name}`)
    await api.put(address`/api/users/${name}`, { tags, password_hash, hashing_algorithm })
    out.say(`tags of user ${name} changed`, { user: name, tags })
  })
}

async function secretOf({ newPassword, passwordHash, withoutPassword }: Secret, command: Command): Promise<object> {
  if (passwordHash !== undefined) return { password_hash: passwordHash }
  if (withoutPassword) return { password_hash: '' }
  const password = newPassword === '-' ? await firstLine(process.stdin) : newPassword
  if (!password) command.error('error: a password is needed: --new-password, or --without-password')
  return { password }
}

async function existing(api: BrokerApi, name: string): Promise<boolean> {
  try {
    await api.get(address`/api/users/${name}`)
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return false
    throw error
  }
}
