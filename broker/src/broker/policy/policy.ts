/** A policy: settings for all queues and exchanges of a vhost whose names match a pattern. */
import { compilePattern } from '../access/pattern.ts'
import { Refusal } from '../refusal.ts'
import type { PolicyDefinition } from './definition.ts'
import { erlangTerm } from './erlang-term.ts'
import { checkDefinition, isFor } from './keys.ts'

/** Policies are their users'; operator policies put bounds on them. */
export type PolicyKind = 'policy' | 'operator-policy'

const APPLY_TO = ['all', 'queues', 'classic_queues', 'quorum_queues', 'streams', 'exchanges'] as const
export type ApplyTo = (typeof APPLY_TO)[number]

/** As it is given: checked by `makePolicy`. */
export interface PolicyInput {
  /** A regular expression, not anchored. */
  readonly pattern: unknown
  /** `all` if left out. */
  readonly applyTo?: unknown
  /** 0 if left out. */
  readonly priority?: unknown
  readonly definition: unknown
}

export interface Policy {
  readonly vhost: string
  readonly name: string
  readonly pattern: string
  readonly applyTo: ApplyTo
  readonly priority: number
  readonly definition: PolicyDefinition
}

/** @throws Refusal precondition-failed in RabbitMQ's words. */
export function makePolicy(kind: PolicyKind, vhost: string, name: string, given: PolicyInput): Policy {
  const refuse = (problem: string): never => {
    throw new Refusal('precondition-failed', problem)
  }
  const { pattern, applyTo = 'all', priority = 0 } = given
  if (typeof priority !== 'number' || !Number.isFinite(priority)) {
    return refuse(`priority should be a number, actually was ${erlangTerm(priority)}`)
  }
  if (typeof pattern !== 'string') return refuse(`pattern should be a binary but was ${erlangTerm(pattern)}`)
  matcherOf(pattern)
  const known = APPLY_TO.find((one) => one === applyTo)
  if (known === undefined) {
    const list = "'queues', 'classic_queues', 'quorum_queues', 'streams', 'exchanges', or 'all'"
    return refuse(`apply-to '${String(applyTo)}' unrecognised; should be one of: ${list}`)
  }
  const definition = checkDefinition(given.definition, kind === 'operator-policy')
  return { vhost, name, pattern, applyTo: known, priority, definition }
}

/** An empty pattern matches every name, as an expression does; in a permission it matches none. */
export function matcherOf(pattern: string): RegExp {
  try {
    return pattern === '' ? /(?:)/ : compilePattern(pattern)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new Refusal('precondition-failed', `pattern should be regular expression but is invalid: ${error.message}`)
  }
}

/** What a policy is looked up for. */
export interface PolicySubject {
  readonly kind: 'queue' | 'exchange'
  readonly name: string
  /** Of queues. */
  readonly type?: string
}

/** Whether the policy is for things like this one; its name is looked at elsewhere. */
export function suits({ applyTo, definition }: Policy, { kind, type }: PolicySubject): boolean {
  if (kind === 'exchange') return applyTo === 'all' || applyTo === 'exchanges'
  const queues = applyTo === 'all' || applyTo === 'queues' || applyTo === `${type}_queues`
  return (queues || (type === 'stream' && applyTo === 'streams')) && isFor(definition, type)
}
