/**
 * What a policy would apply to now. The broker filters the names; what it cannot match in a list (it knows no
 * look-ahead there, and no case) is matched here again, among the first of them.
 */
import { type ReactNode, useDeferredValue, useMemo } from 'react'
import { path } from '../../api/client.ts'
import { useGet } from '../../api/queries.ts'
import { Badge, KindPlate } from '../../parts/badge.tsx'
import { plural } from '../../parts/format.ts'
import { type PolicyKind, type PolicyRow, suits } from './policy.ts'
import type { Target } from './policy-keys.ts'

const ASKED = 500
const SHOWN = 12

interface PatternPreviewProps {
  readonly kind: PolicyKind
  readonly vhost: string
  readonly name: string
  readonly pattern: string
  readonly applyTo: string
  readonly priority: number
  readonly keys: readonly string[]
}

interface Thing {
  readonly name: string
  readonly type: string
  readonly policy?: string | null
  readonly operator_policy?: string | null
}

interface Names {
  readonly items: readonly Thing[]
  readonly filtered_count: number
}

/** @returns the things whose names match, or undefined while they are asked for. */
function useMatching(list: 'queues' | 'exchanges', vhost: string, pattern: string): Names | undefined {
  const target = `/${list}${path`/${vhost}`}`
  const asked = { page: 1, page_size: ASKED, columns: 'name,type,policy,operator_policy' }
  const matched = useGet<Names>(target, { ...asked, name: pattern, use_regex: true }, { poll: false })
  const all = useGet<Names>(matched.error === null ? null : target, asked, { poll: false })
  return matched.error === null ? matched.data : all.data
}

function expressionOf(pattern: string): RegExp | string {
  try {
    return new RegExp(pattern)
  } catch (error) {
    return (error as Error).message.replace(/^.*: /, '')
  }
}

export function PatternPreview(props: PatternPreviewProps) {
  const pattern = useDeferredValue(props.pattern)
  const expression = useMemo(() => expressionOf(pattern), [pattern])
  return (
    <section
      aria-label="What it applies to now"
      className="flex flex-col gap-3 rounded-md bg-sunken p-3.5 md:self-start"
    >
      <h3 className="plate">Applies to now</h3>
      {typeof expression === 'string' ? (
        <p role="alert" className="text-danger">
          This is no regular expression: {expression}
        </p>
      ) : (
        <Matching {...props} pattern={pattern} expression={expression} />
      )}
    </section>
  )
}

function Matching({ expression, ...props }: PatternPreviewProps & { expression: RegExp }) {
  const { kind, vhost, pattern, applyTo, keys } = props
  const queues = useMatching('queues', vhost, pattern)
  const exchanges = useMatching('exchanges', vhost, pattern)
  const policies = useGet<PolicyRow[]>(`/${kind}${path`/${vhost}`}`, {}, { poll: false })
  if (queues === undefined || exchanges === undefined) return <p className="text-ink-3">Looking…</p>
  const fit = ({ name }: Thing, target: Target): boolean => expression.test(name) && suits(applyTo, keys, target)
  const found = [
    ...queues.items.filter((queue) => fit(queue, queue.type as Target)).map((queue) => ({ kind: 'queue', ...queue })),
    ...exchanges.items.filter((one) => fit(one, 'exchange')).map((one) => ({ kind: 'exchange', ...one })),
  ]
  const more = queues.filtered_count > ASKED || exchanges.filtered_count > ASKED
  if (found.length === 0) {
    return (
      <p className="text-ink-2">
        {more
          ? 'Nothing among the first.'
          : 'Nothing. It waits for names that match, and applies to them when they come.'}
      </p>
    )
  }
  const winner = (thing: Thing): ReactNode => {
    const current = kind === 'policies' ? thing.policy : thing.operator_policy
    const other = policies.data?.find(({ name }) => name === current)
    return other !== undefined && outranks(other, props) ? (
      <Badge tone="warn" title="That one has a higher priority, or comes first by name">
        keeps {other.name}
      </Badge>
    ) : null
  }
  return (
    <>
      <p className="font-semibold">
        {more ? 'More than ' : ''}
        {summary(found)}
      </p>
      <ul className="flex flex-col gap-1.5">
        {found.slice(0, SHOWN).map((thing) => (
          <li key={`${thing.kind} ${thing.name}`} className="flex items-start gap-2">
            <KindPlate kind={thing.type === 'stream' ? 'stream' : thing.kind} />
            <span className="min-w-0 [overflow-wrap:anywhere]">
              {thing.name || '(default exchange)'} {winner(thing)}
            </span>
          </li>
        ))}
      </ul>
      {found.length > SHOWN && <p className="text-ink-3">and {found.length - SHOWN} more</p>}
    </>
  )
}

function summary(found: readonly { readonly kind: string }[]): string {
  const queues = found.filter(({ kind }) => kind === 'queue').length
  const exchanges = found.length - queues
  return [queues > 0 && plural(queues, 'queue'), exchanges > 0 && plural(exchanges, 'exchange')]
    .filter(Boolean)
    .join(', ')
}

/** Of the highest priority the first by name applies. */
function outranks(other: PolicyRow, { name, priority }: PatternPreviewProps): boolean {
  if (other.name === name) return false
  return other.priority > priority || (other.priority === priority && other.name < name)
}
