/** The commands of the program, in the order of its help. Each is loaded when it is asked for, and never by a start. */
import type { Command } from 'commander'

export interface CommandEntry {
  readonly name: string
  /** For the list of commands: one line, without a full stop. */
  readonly summary: string
  /** The module that gives the command its arguments, flags, subcommands and actions. */
  readonly load: () => Promise<{ define(command: Command): void }>
}

/** `start` is not among them: it is what the program does when it is asked for nothing else. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'status',
    summary: 'one look at a broker, and what needs attention',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'queues',
    summary: 'list, show, create, alter, pause and delete queues',
    load: () => import('./commands/queues.ts'),
  },
  {
    name: 'exchanges',
    summary: 'list, show, create and delete exchanges',
    load: () => import('./commands/exchanges.ts'),
  },
  { name: 'bindings', summary: 'list, show, create and delete bindings', load: () => import('./commands/bindings.ts') },
  {
    name: 'topics',
    summary: 'list, show, create, alter and delete topics',
    load: () => import('./commands/topics.ts'),
  },
  {
    name: 'groups',
    summary: 'list, show, create, reset and delete consumer groups',
    load: () => import('./commands/groups.ts'),
  },
  { name: 'users', summary: 'list, show, create, change and delete users', load: () => import('./commands/users.ts') },
  {
    name: 'vhosts',
    summary: 'list, show, create and delete virtual hosts',
    load: () => import('./commands/vhosts.ts'),
  },
  {
    name: 'permissions',
    summary: 'what users may do in a virtual host',
    load: () => import('./commands/permissions.ts'),
  },
  {
    name: 'policies',
    summary: 'settings for all names that match a pattern',
    load: () => import('./commands/policies.ts'),
  },
  {
    name: 'schedules',
    summary: 'list, show, create, run and delete schedules',
    load: () => import('./commands/schedules.ts'),
  },
  { name: 'export', summary: "definitions out, as RabbitMQ's JSON", load: () => import('./commands/export.ts') },
  { name: 'import', summary: "definitions in, from RabbitMQ's JSON", load: () => import('./commands/import.ts') },
  {
    name: 'publish',
    summary: 'publish a message, or one for each line of a file',
    load: () => import('./commands/publish.ts'),
  },
  {
    name: 'consume',
    summary: 'take messages out of a queue, print and acknowledge them',
    load: () => import('./commands/consume.ts'),
  },
  { name: 'call', summary: 'publish a request and print the reply', load: () => import('./commands/call.ts') },
  {
    name: 'peek',
    summary: 'show and find messages of a queue without taking them',
    load: () => import('./commands/peek.ts'),
  },
  {
    name: 'tail',
    summary: 'show records of a topic or a stream from a time on, and follow it',
    load: () => import('./commands/tail.ts'),
  },
  {
    name: 'move',
    summary: 'move messages to another queue or to an exchange',
    load: () => import('./commands/move.ts'),
  },
  {
    name: 'redrive',
    summary: 'send dead letters back to where they died',
    load: () => import('./commands/redrive.ts'),
  },
  { name: 'purge', summary: 'throw away what is ready in queues', load: () => import('./commands/purge.ts') },
  {
    name: 'bench',
    summary: 'measure a broker: rates and latencies under load',
    load: () => import('./commands/bench.ts'),
  },
  {
    name: 'doctor',
    summary: 'check and repair a data directory',
    load: () => import('./commands/doctor.ts'),
  },
]
