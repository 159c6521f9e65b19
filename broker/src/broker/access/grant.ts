// What one user may do in one vhost: three patterns with their answers remembered, and the narrower rules for the
// routing keys of topic exchanges. A grant never changes: a new definition makes a new grant, and so drops the answers.

import { compilePattern, literally } from './pattern.ts'

export type Operation = 'configure' | 'write' | 'read'

export interface Permission {
  readonly user: string
  readonly vhost: string
  readonly configure: string
  readonly write: string
  readonly read: string
}

export interface TopicPermission {
  readonly user: string
  readonly vhost: string
  readonly exchange: string
  readonly write: string
  readonly read: string
}

/** Resource names whose answers one grant remembers before it starts anew. */
const answersMax = 4096

/** In characters; longer ones, which no queue and no topic has, are judged each time: 4096 of them would take much memory. */
export const rememberedNameMax = 255

export class Grant {
  readonly permission: Permission
  readonly #patterns: Readonly<Record<Operation, RegExp>>
  readonly #answers: Readonly<Record<Operation, Map<string, boolean>>>

  /** @throws Refusal precondition-failed for a pattern that is none. */
  constructor(permission: Permission) {
    this.permission = permission
    this.#patterns = {
      configure: compilePattern(permission.configure),
      write: compilePattern(permission.write),
      read: compilePattern(permission.read),
    }
    this.#answers = { configure: new Map(), write: new Map(), read: new Map() }
  }

  /** Whether it may be given for any name: the pattern is not one of those that permit nothing. */
  allowsSomething(operation: Operation): boolean {
    return this.permission[operation] !== '' && this.permission[operation] !== '^$'
  }

  allows(operation: Operation, resource: string): boolean {
    const answers = this.#answers[operation]
    let answer = answers.get(resource)
    if (answer === undefined) {
      answer = this.#patterns[operation].test(resource)
      if (resource.length > rememberedNameMax) return answer
      if (answers.size >= answersMax) answers.clear()
      answers.set(resource, answer)
    }
    return answer
  }
}

const compiledMax = 1024

export class TopicGrant {
  readonly permission: TopicPermission
  // By text: with {client_id} in it, one pattern has as many texts as there are clients.
  readonly #compiled = new Map<string, RegExp>()
  readonly #patterns: { readonly write: string; readonly read: string }

  /** @throws Refusal precondition-failed for a pattern that is none. */
  constructor(permission: TopicPermission) {
    this.permission = permission
    const expanded = (pattern: string) =>
      pattern
        .replaceAll('{username}', () => literally(permission.user))
        .replaceAll('{vhost}', () => literally(permission.vhost))
    this.#patterns = { write: expanded(permission.write), read: expanded(permission.read) }
    this.#pattern('write', undefined)
    this.#pattern('read', undefined)
  }

  allows(operation: 'write' | 'read', routingKey: string, clientId: string | undefined): boolean {
    return this.#pattern(operation, clientId).test(routingKey)
  }

  #pattern(operation: 'write' | 'read', clientId: string | undefined): RegExp {
    let text = this.#patterns[operation]
    if (clientId !== undefined) text = text.replaceAll('{client_id}', () => literally(clientId))
    let pattern = this.#compiled.get(text)
    if (pattern === undefined) {
      pattern = compilePattern(text)
      if (this.#compiled.size >= compiledMax) this.#compiled.clear()
      this.#compiled.set(text, pattern)
    }
    return pattern
  }
}
